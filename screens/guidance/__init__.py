"""What to do next, which keys apply, and what is said of steps, runs and figures: for console and line mode alike.

Made from the incident's state alone. Nothing here imports Textual or Rich, nor what does.
"""

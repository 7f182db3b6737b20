"""What to say and what to do next, from the incident's state alone. Knows no Textual: line mode uses it too."""

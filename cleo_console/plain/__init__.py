"""Line mode: the same checklist, commands and gates as the full screen, in plain lines.

For a dumb terminal, a bad link, a screen reader or a pipe: one question at a time, each with its possible answers;
no cursor addressing and no colour; a symbol only beside a word that says the same.
"""

"""Line mode: the same checklist, desk and gates, in plain sequential text.

For a dumb terminal, a bad link, a screen reader or a pipe: one question at a time, each with what can be answered;
no cursor addressing, no colour, no symbol that a word does not stand beside.
"""

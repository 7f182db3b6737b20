"""The plan on paper: a checklist that works without the program, in plain text, in pages of A4."""

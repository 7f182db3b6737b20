"""The types of the journal's events."""

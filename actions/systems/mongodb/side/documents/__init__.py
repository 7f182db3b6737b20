"""Brings documents of a side instance back into the real server: of one collection, or of one user in several."""

"""Brings rows of a side instance back into the real server: of one table, or of one user in all tables."""

"""The journal's SQLite file: append, read, follow, export."""

"""The journal's file: append, read, follow, export."""

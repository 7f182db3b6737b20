"""Backups of Redis in a repository: the RDB file, or the append-only directory, with configuration and users."""

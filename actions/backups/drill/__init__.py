"""Restore drills: on the system's own host or another one, from its own backups or from the second place alone."""

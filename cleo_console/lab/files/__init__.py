"""A file store with snapshots by restic, as a service of a lab."""

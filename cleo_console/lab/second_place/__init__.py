"""A lab's second place for backups: a folder, or a real object store (Ceph's gateway, RGW) on loopback."""

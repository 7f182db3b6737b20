"""Backups of any type of system: what there is, whether it is sound, taking them, and holding them."""

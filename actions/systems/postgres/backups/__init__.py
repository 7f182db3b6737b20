"""Backups: what there is, whether it is sound, taking them, and holding them."""

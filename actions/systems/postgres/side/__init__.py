"""A side instance: a second server of a backup and its log, beside the real one, to look at and to copy from."""

"""Side instances: a backup and its oplog up to a moment, beside the real server, to look at and to copy from."""

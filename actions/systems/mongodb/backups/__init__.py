"""Backups of MongoDB in a repository: dumps at one position of the oplog, and the oplog between them."""

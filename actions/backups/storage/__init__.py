"""A place for files that is no more than names and contents: a folder, or a bucket of S3-compatible storage."""

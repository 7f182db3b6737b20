"""Where the disk under a journal gives way: the next file, and reading all files as one."""

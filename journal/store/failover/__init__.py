"""Journal failover: continuing a journal in another file when its disk fails, and reading all its files as one."""

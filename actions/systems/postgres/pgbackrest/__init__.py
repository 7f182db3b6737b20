"""pgBackRest: its command line, its configuration, and what its repositories hold."""

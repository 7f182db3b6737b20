"""MongoDB: its backups, in mongodump's layout."""

"""PostgreSQL in a lab: clusters with CleoAI's tables, a writer and backups, their standbys, and their faults."""

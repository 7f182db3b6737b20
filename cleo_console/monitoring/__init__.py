"""What Prometheus reads of systems, backups, incidents and readiness, and the rules that alarm by it."""

"""PgBouncer in front of the lab's PostgreSQL, as a service of a lab."""

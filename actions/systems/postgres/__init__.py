"""Everything one must know about PostgreSQL: settings, probe, actions, verification."""

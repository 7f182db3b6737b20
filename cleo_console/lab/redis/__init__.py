"""Redis as a service of a lab."""

"""HAProxy in front of a small application at two sites, as a service of a lab."""

"""A zone on two BIND name servers and a caching resolver, as a service of a lab."""

"""A host's configuration and the Git remote that it comes from, as a service of a lab."""

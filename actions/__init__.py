"""What can be done to systems, and the runner that does it."""

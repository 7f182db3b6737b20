"""One master, never two: a fence for the old one, a replica in its place."""

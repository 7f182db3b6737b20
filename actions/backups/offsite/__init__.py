"""A second place for what a repository holds: copied there, never removed there, and brought back from there."""

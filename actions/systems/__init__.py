"""The types of systems: one folder each. They do not import each other."""

"""The types of systems: one folder each. They do not import each other; what two need lies in ``actions`` itself."""

"""The types of systems: one folder each. They do not import each other; what two need lies in ``actions`` itself."""

BUILT_IN = ("actions.systems.postgres:SYSTEM",)
"""Those that ship with Cleo. Others are packages of their own with an entry point in the group ``cleo.systems``."""

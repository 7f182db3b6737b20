"""Cleo Console: a disaster-recovery plan, walked through in a terminal, journalled step by step."""

__version__ = "0.1.0"

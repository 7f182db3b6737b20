"""Cleo Console: walks responders through a disaster-recovery plan in a terminal, and journals every step."""

__version__ = "0.1.0"

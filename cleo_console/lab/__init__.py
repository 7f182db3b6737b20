"""Real services on loopback, in a folder of their own, and the faults to inject into them."""

from cleo_console.lab.lab import Lab

__all__ = ["Lab"]

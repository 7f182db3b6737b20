"""The plans that ship with the program."""

from __future__ import annotations

from pathlib import Path


def bundled() -> Path:
    """Return the path of the bundled CleoAI plan."""
    return Path(__file__).with_name("cleoai.yaml")


def restore_drill() -> Path:
    """Return the plan of a restore drill."""
    return Path(__file__).with_name("restore-drill.yaml")

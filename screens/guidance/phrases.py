"""Words that warn."""

from __future__ import annotations


def alarm(number: int, what: str) -> str:
    """Return ``0 failed``, or loudly ``2 FAILED``."""
    return f"{number} {what.upper() if number else what}"

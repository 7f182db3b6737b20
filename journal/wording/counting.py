"""Numbers of things, in words."""

from __future__ import annotations


def count(number: int, one: str, many: str = "") -> str:
    """Return ``1 step`` or ``2,000 steps``.

    Args:
        number: how many there are.
        one: the word for one of them.
        many: the word for several; empty where that only takes an s.
    """
    return f"{number:,} {one if number == 1 else many or one + 's'}"

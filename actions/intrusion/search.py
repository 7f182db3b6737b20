"""The newest of several states that holds no stranger: the newest first, then by halves. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime


def newest_without(points: Sequence[datetime], has_strangers: Callable[[datetime], bool | None]) -> datetime | None:
    """Return the newest point whose state holds no stranger; None: none of them.

    What was planted is taken to stay: a state later than one with strangers is not asked for.

    Args:
        points: the states, the oldest first.
        has_strangers: restores a state and looks; None: it cannot be looked at, and is left out.
    """
    rest, good = list(points), None
    number = len(rest) - 1
    asked = False
    while rest:
        at = rest[number]
        found = has_strangers(at)
        if found is None:
            del rest[number]
        elif found:
            rest = rest[:number]
        else:
            good, rest = at, rest[number + 1 :]
        asked = asked or found is not None
        number = len(rest) // 2 if asked else len(rest) - 1
    return good

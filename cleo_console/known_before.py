"""What `cleo ready` found last, as an incident keeps it: its report can say what was known before."""

from __future__ import annotations

from journal.events.types import KnownPoint, ReadinessKnown
from journal.paths import Paths
from journal.readiness.result import read_points


def known_before(paths: Paths, inventory: str) -> ReadinessKnown | None:
    """Return what the last look had found wrong in an environment; None where nobody looked at it.

    Args:
        paths: where the last result is.
        inventory: the environment's name: a look at another one tells nothing.
    """
    found = read_points(paths)
    if not (found and inventory and found.inventory == inventory):
        return None
    points = [
        KnownPoint(
            about=one.about,
            words=one.words,
            cure=one.cure,
            steps=list(one.steps),
            systems=list(one.systems),
            stops=one.stops,
            since=one.since.isoformat(),
            seen=one.seen.isoformat(),
        )
        for one in found.open_points
    ]
    return ReadinessKnown(looked_at=found.at.isoformat(), points=points)

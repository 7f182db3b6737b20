"""How often things are looked at, by how many there are, and how long a look counts."""

from __future__ import annotations

from typing import NamedTuple

from actions.runner.monitor import MOST_A_SECOND

HEALTH_EVERY_S, HEALTH_FRESH_S = 15.0, 60.0
BACKUPS_EVERY_S, BACKUPS_FRESH_S = 60.0, 600.0
"""A list of backups that takes long is made more seldom than that."""
COPIES_FRESH_S = 3600.0
"""What was seen of the second place: until then an old look only overstates what is lost."""
LISTS_A_SECOND = 2
_MISSED = 3
"""So many looks may be missed before what was seen counts no more."""


class Pace(NamedTuple):
    """Seconds between two looks at a system's health and at its backups, and for how long what they saw counts."""

    health_every_s: float
    backups_every_s: float

    @classmethod
    def of(cls, systems: int, every_s: float = HEALTH_EVERY_S) -> Pace:
        """Return the pace for so many systems, each to be looked at every ``every_s`` seconds if that can be."""
        return cls(max(every_s, systems / MOST_A_SECOND), max(BACKUPS_EVERY_S, systems / LISTS_A_SECOND))

    @property
    def health_fresh_s(self) -> float:
        """For how long a system's health counts."""
        return max(HEALTH_FRESH_S, _MISSED * self.health_every_s)

    @property
    def backups_fresh_s(self) -> float:
        """For how long a list of backups counts."""
        return max(BACKUPS_FRESH_S, _MISSED * self.backups_every_s)

"""What would be lost with a server and its disks: the least of what its backups and its replicas lack, and by what."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from journal.wording.durations import rough_duration
from journal.wording.instants import moment


class Exposed(NamedTuple):
    """A span of commits that is in one place only.

    Attributes:
        seconds: how long it is.
        by: what tells so, in words.
    """

    seconds: float
    by: str


def since(newest: datetime, until: datetime | None, what: str) -> Exposed | None:
    """Return what was committed after ``until``; None where nothing is known to be safe.

    Args:
        newest: the newest commit, or the present where it is not known.
        until: what was committed by then is safe.
        what: what is safe until then, in words that its time follows.
    """
    if until is None:
        return None
    return Exposed(round(max(0.0, (newest - until).total_seconds()), 1), f"{what} {moment(until, newest)}")


def of_replica(lag_s: float | None) -> Exposed | None:
    """Return what the nearest replica lacks; None: there is none, or nobody knows its lag, in seconds."""
    return None if lag_s is None else Exposed(round(lag_s, 1), f"a replica {rough_duration(lag_s)} behind")


def least_of(*found: Exposed | None) -> Exposed | None:
    """Return the shortest of some spans: what is in any of the places is not lost. None: none is known."""
    return min((one for one in found if one), default=None)

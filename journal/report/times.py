"""Instants in a report: in UTC, with local time beside it where a time zone is given."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from journal.errors import CleoError
from journal.wording.instants import utc


class NoSuchZone(CleoError):
    """A time zone that this machine does not know."""


class Times:
    """Writes instants in UTC, with local time beside it where a zone is given.

    Args:
        zone: a time zone's name (``Europe/Berlin``); empty: UTC only.

    Raises:
        NoSuchZone: this machine has no such zone.
    """

    def __init__(self, zone: str = "") -> None:
        self.zone = zone
        self._zone = _zone(zone) if zone else None

    def instant(self, at: datetime | None) -> str:
        """Return an instant to the second: ``2026-11-22 03:14:07 UTC / 04:14:07 CET``."""
        return utc(at) + self._beside(at) if at else "not known"

    def stamp(self, at: datetime) -> str:
        """Return an instant for a column that says it is UTC: ``2026-11-22 03:14:07 / 04:14:07 CET``."""
        return utc(at).removesuffix(" UTC") + self._beside(at)

    def _beside(self, at: datetime) -> str:
        """Return the local time, with its date where that differs from the UTC date."""
        if self._zone is None:
            return ""
        local = at.astimezone(self._zone)
        day = f"{local:%Y-%m-%d} " if local.date() != at.astimezone(UTC).date() else ""
        return f" / {day}{local:%H:%M:%S %Z}"


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:  # a folder of zones (Europe) is an OSError
        raise NoSuchZone(
            f"There is no time zone {name!r} on this machine.",
            "Write it as Europe/Berlin or America/New_York; the zones come with the package tzdata.",
        ) from error

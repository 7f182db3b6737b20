"""Instants, offsets and lengths of time, as a report writes them."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from journal.errors import CleoError

_MINUTE, _HOUR, _DAY = 60, 3600, 86400


class NoSuchZone(CleoError):
    """A time zone that this machine does not know."""


class Times:
    """Instants in UTC and, where a zone is given, in local time beside it.

    Args:
        zone: a time zone's name (``Europe/Berlin``), or nothing: UTC only.

    Raises:
        NoSuchZone: this machine has no such zone.
    """

    def __init__(self, zone: str = "") -> None:
        self.zone = zone
        self._zone = _zone(zone) if zone else None

    def instant(self, at: datetime | None) -> str:
        """Return an instant to the second: ``2026-11-22 03:14:07 UTC / 04:14:07 CET``."""
        return instant(at) + self._beside(at) if at else "not known"

    def stamp(self, at: datetime) -> str:
        """Return an instant for a column that says it is UTC: ``2026-11-22 03:14:07 / 04:14:07 CET``."""
        return at.astimezone(UTC).isoformat(" ", "seconds")[:19] + self._beside(at)

    def _beside(self, at: datetime) -> str:
        """Return the local time, with its day where that is another one."""
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


def instant(at: datetime | None) -> str:
    """Return an instant in UTC, to the second: ``2026-11-22 03:14:07 UTC``."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC" if at else "not known"


def offset(seconds: float) -> str:
    """Return a distance from the disruption: ``T+01:02:03``, before it ``T-00:05:00``; hours are not cut at 24."""
    whole = int(abs(seconds))
    sign = "-" if seconds < 0 and whole else "+"
    return f"T{sign}{whole // _HOUR:02}:{whole % _HOUR // _MINUTE:02}:{whole % _MINUTE:02}"


def length(seconds: float) -> str:
    """Return a length of time: ``0.4 s``, ``42 s``, ``12 min 05 s``, ``2 h 05 min``, ``3 d 4 h``."""
    whole = int(abs(seconds))
    if whole < 10 and whole != seconds:
        return f"{abs(seconds):.1f} s"
    if whole < _MINUTE:
        return f"{whole} s"
    if whole < _HOUR:
        return f"{whole // _MINUTE} min {whole % _MINUTE:02} s" if whole % _MINUTE else f"{whole // _MINUTE} min"
    if whole < 2 * _DAY:
        minutes = whole % _HOUR // _MINUTE
        return f"{whole // _HOUR} h {minutes:02} min" if minutes else f"{whole // _HOUR} h"
    return f"{whole // _DAY} d {whole % _DAY // _HOUR} h"

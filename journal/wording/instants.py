"""Instants in words: in UTC, counted from the disruption, how long ago they were; and read from what was typed."""

from __future__ import annotations

from datetime import UTC, datetime

from journal.errors import CleoError
from journal.wording.durations import rough_duration, stopwatch

_SHOWN = 60
"""Characters of a wrong text that are repeated."""


class NotAnInstant(CleoError):
    """A text names no instant, or no time zone."""


def utc(at: datetime | None) -> str:
    """Return an instant in UTC, to the second: ``2026-11-22 03:14:07 UTC``; ``not known`` for None."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC" if at else "not known"


def moment(at: datetime, beside: datetime) -> str:
    """Return an instant in UTC to the second: its time where it is of the day of ``beside``, else its day as well."""
    same = at.astimezone(UTC).date() == beside.astimezone(UTC).date()
    return f"{at.astimezone(UTC):%H:%M:%S} UTC" if same else utc(at)


def clock(at: datetime) -> str:
    """Return an instant of these days in UTC, to the minute: ``03:14 UTC``."""
    return f"{at.astimezone(UTC):%H:%M} UTC"


def offset(seconds: float) -> str:
    """Return an instant as its distance from the disruption: ``T+01:02:03``, before it ``T-00:05:00``.

    Args:
        seconds: after the disruption; negative before it.
    """
    sign = "-" if int(seconds) < 0 else "+"
    return f"T{sign}{stopwatch(abs(seconds))}"


def age(at: datetime, now: datetime) -> str:
    """Return how long ago ``at`` was, to the minute: ``just now``, ``3 min ago``."""
    seconds = (now - at).total_seconds()
    return "just now" if seconds < 60 else f"{rough_duration(seconds)} ago"


def utc_instant(text: str) -> datetime:
    """Return the instant that ``text`` (ISO 8601 with a zone) names, in UTC.

    A time without a zone is refused here: screens and command line show its UTC instant first and pass that on.

    Raises:
        NotAnInstant: it is no such time, or names no zone.
    """
    shown = text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
    try:
        instant = datetime.fromisoformat(text.strip())
        if instant.tzinfo is None:
            raise NotAnInstant(f"{shown!r} names no time zone.", f"If it is UTC, write {shown.strip()}Z.")
        return instant.astimezone(UTC)
    except (ValueError, OverflowError):  # year 1 in a zone east of us is before all years
        raise NotAnInstant(f"{shown!r} is no time.", "Write it as 2026-11-22T14:30:00Z.") from None

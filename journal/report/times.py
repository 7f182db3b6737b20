"""Instants, offsets and lengths of time, as a report writes them."""

from __future__ import annotations

from datetime import UTC, datetime

_MINUTE, _HOUR, _DAY = 60, 3600, 86400


def instant(at: datetime | None) -> str:
    """Return an instant in UTC, to the second: ``2026-11-22 03:14:07 UTC``."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC" if at else "not known"


def day(at: datetime) -> str:
    """Return the day of an instant in UTC."""
    return f"{at.astimezone(UTC):%Y-%m-%d}"


def clock(at: datetime) -> str:
    """Return the time of day of an instant in UTC, to the second."""
    return f"{at.astimezone(UTC):%H:%M:%S}"


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

"""Lengths of time and instants, as a tired person reads them: minutes, and only as exact as needed."""

from __future__ import annotations

from datetime import UTC, datetime

from journal.wording.counting import count as count  # screens say it beside the phrases below

_MINUTE, _HOUR, _DAY = 60, 3600, 86400


def length(seconds: float) -> str:
    """Return a length of time: ``42 s``, ``17 min``, ``2 h 05 min``, ``3 d 4 h``."""
    whole = int(abs(seconds))
    if whole < _MINUTE:
        return f"{whole} s"
    if whole < _HOUR:
        return f"{whole // _MINUTE} min"
    if whole < 2 * _DAY:
        return f"{whole // _HOUR} h {whole % _HOUR // _MINUTE:02} min"
    return f"{whole // _DAY} d {whole % _DAY // _HOUR} h"


def minutes(seconds: float) -> str:
    """Return a length of time that changes once a minute: ``<1 min``, else like `length`."""
    return "<1 min" if abs(seconds) < _MINUTE else length(seconds)


def age(at: datetime, now: datetime) -> str:
    """Return how long ago ``at`` was, to the minute: ``just now``, ``3 min ago``."""
    seconds = (now - at).total_seconds()
    return "just now" if seconds < _MINUTE else f"{length(seconds)} ago"


def stopwatch(seconds: float) -> str:
    """Return hours, minutes, seconds: ``00:42:10``."""
    whole = max(0, int(seconds))
    return f"{whole // _HOUR:02}:{whole % _HOUR // _MINUTE:02}:{whole % _MINUTE:02}"


def utc(at: datetime) -> str:
    """Return an instant in UTC, to the second: ``2026-11-22 14:05:00 UTC``."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def alarm(number: int, what: str) -> str:
    """Return ``0 failed``, or loudly ``2 FAILED``."""
    return f"{number} {what.upper() if number else what}"

"""Instants in words: in UTC, counted from the disruption, and how long ago they were."""

from __future__ import annotations

from datetime import UTC, datetime

from journal.wording.durations import rough_duration, stopwatch


def utc(at: datetime | None) -> str:
    """Return an instant in UTC, to the second: ``2026-11-22 03:14:07 UTC``; ``not known`` for None."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC" if at else "not known"


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

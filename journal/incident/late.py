"""Late entries: events that are written later than they happened. The journal keeps both times."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from journal.errors import CleoError
from journal.events.base import Body

if TYPE_CHECKING:
    from journal.incident.state import Incident


class NotThen(CleoError):
    """A late entry has a time at which it cannot have happened."""


def happened_at(body: Body) -> datetime | None:
    """Return when a late entry happened; None for any other event, and where the time cannot be read."""
    text = getattr(body, "happened_at", "")
    if not text:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return at if at.tzinfo else None


def past(at: datetime | None, now: datetime) -> str:
    """Return the time of a note as the journal keeps it; empty where it happens now.

    Args:
        at: when it happened, with a zone; None: now.
        now: the present, by the journal's clock.

    Raises:
        NotThen: the time is in the future, or names no zone.
    """
    if at is None:
        return ""
    if at.tzinfo is None:
        raise NotThen(f"{at.isoformat()} names no time zone.", "Write it with a zone, as 2026-11-22T14:30:00Z.")
    if at > now:
        raise NotThen(f"{_utc(at)} is in the future.", "Check date and zone.")
    return at.astimezone(UTC).isoformat()


def during(incident: Incident, at: datetime | None, now: datetime) -> str:
    """Return the time of something done in the recovery, as `past` does; it cannot lie before the disruption.

    Raises:
        NotThen: the time is in the future, names no zone, or lies before the disruption began.
    """
    text = past(at, now)
    if at is not None and at < incident.began_at:
        raise NotThen(
            f"{_utc(at)} is before {incident.id} began ({_utc(incident.began_at)}).",
            "Check date and zone. What was seen before goes in as a note.",
        )
    return text


def _utc(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"

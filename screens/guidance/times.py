"""Turns times as people write them into instants, which they see before they count."""

from __future__ import annotations

import re
from datetime import UTC, datetime, time, timedelta, tzinfo

from journal.errors import CleoError
from journal.wording.durations import Duration, rough_duration
from journal.wording.instants import age, utc

_CLOCK = re.compile(r"(yesterday\s+)?(\d{1,2}):(\d{2})(?::(\d{2}))?\s*(z|utc)?", re.IGNORECASE)
EXAMPLES = "14:05, 10 min ago, 2026-11-22T14:05Z"
_HINT = "Write it as 14:05, 10 min ago, yesterday 23:40 or 2026-11-22T14:05:00Z."


class NotATime(CleoError):
    """What was written names no instant."""


def instant(text: str, now: datetime, zone: tzinfo | None = None) -> datetime:
    """Return the instant that a person means, in UTC.

    Args:
        text: empty or ``now``; ``14:05`` (the last one that has been); ``yesterday 23:40``;
            ``1 h 10 min ago``; ISO 8601.
        now: the present, with a zone.
        zone: what a time without a zone is taken as; None is this machine's own.

    Raises:
        NotATime: it is none of these.
    """
    text = text.strip()
    if text.lower() in ("", "now"):
        return now.astimezone(UTC)
    try:
        return (_relative(text, now) or _clock(text, now, zone) or _iso(text, zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise NotATime(f"{text!r} is no time.", _HINT) from None


def _relative(text: str, now: datetime) -> datetime | None:
    if not text.lower().endswith("ago"):
        return None
    return now - timedelta(seconds=Duration.parse(text[:-3].strip()))


def _clock(text: str, now: datetime, zone: tzinfo | None) -> datetime | None:
    match = _CLOCK.fullmatch(text)
    if match is None:
        return None
    yesterday, hour, minute, second, utc_mark = match.groups()
    local = now.astimezone(UTC if utc_mark else zone)
    at = _on(local, time(int(hour), int(minute), int(second or 0)), UTC if utc_mark else zone)
    earlier = bool(yesterday) or at > now
    return _on(local - timedelta(days=1), at.time(), UTC if utc_mark else zone) if earlier else at


def _on(day: datetime, clock: time, zone: tzinfo | None) -> datetime:
    return _zoned(datetime.combine(day.date(), clock), zone)


def _iso(text: str, zone: tzinfo | None) -> datetime:
    at = datetime.fromisoformat(text)
    return at if at.tzinfo else _zoned(at, zone)


def _zoned(naive: datetime, zone: tzinfo | None) -> datetime:
    """Attach a zone; ``astimezone`` without one knows the machine's rules for that very day."""
    return naive.replace(tzinfo=zone) if zone else naive.astimezone()


def echo(text: str, now: datetime, zone: tzinfo | None = None) -> str:
    """Return what ``text`` will count as, or what is wrong with it, in one line."""
    try:
        at = instant(text, now, zone)
    except NotATime as error:
        return f"{error.message} {error.hint}"
    if at > now:
        return f"= {utc(at)}, in {rough_duration((at - now).total_seconds())}"
    return f"= {utc(at)}, {age(at, now)}"

"""What a person may mean by a time without a zone, or by a day: every reading as an instant, to be chosen from.

A restore to the wrong hour looks like one to the right hour. So only what names a zone counts at once; everything else
is said back as instants in UTC, and whoever asked chooses one.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from journal.errors import CleoError
from journal.wording.durations import Duration
from journal.wording.instants import utc

_SHOWN = 60
_ZONED = re.compile(r"(.*\d)\s+([A-Za-z][A-Za-z0-9_+/-]*)")
_DAYS = {"today": 0, "yesterday": 1}
HINT = "Write it with its zone: 2026-11-22T14:30:00Z, 2026-11-22T15:30:00+01:00 or 2026-11-22 15:30 Europe/Berlin."


class NotATime(CleoError):
    """A text names no time."""


class Reading(msgspec.Struct, frozen=True):
    """One instant that may be meant, and how the text is read then."""

    words: str
    at: datetime

    @property
    def text(self) -> str:
        """The instant as it is written so that it counts at once."""
        return self.at.isoformat().replace("+00:00", "Z")

    def __str__(self) -> str:
        return f"{self.words}: {utc(self.at)}"


class Meant(msgspec.Struct, frozen=True):
    """What a text means.

    Attributes:
        at: the instant, in UTC, where there is no doubt; else None.
        why: why it is asked about.
        readings: what may be meant, the likeliest first.
    """

    at: datetime | None = None
    why: str = ""
    readings: list[Reading] = []


def read_instant(text: str, now: datetime, zone: tzinfo | None = None) -> Meant:
    """Return what a person means by ``text``.

    Args:
        text: ISO 8601 with or without a zone, also behind it by its name; a date; ``yesterday``; ``10 min ago``.
        now: the present, with a zone.
        zone: this machine's own zone; None: as the machine has it.

    Raises:
        NotATime: it is none of these.
    """
    shown = text.strip() if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
    try:
        return _read(text.strip(), now, zone)
    except (ValueError, OverflowError, ZoneInfoNotFoundError, OSError):
        raise NotATime(f"{shown!r} is no time.", HINT) from None


def _read(text: str, now: datetime, zone: tzinfo | None) -> Meant:
    if text.lower() in _DAYS:
        return _day(text.lower(), now, zone)
    if text.lower().endswith(" ago"):
        at = now - timedelta(seconds=Duration.parse(text[:-4].strip()))
        return Meant(why="is counted from now", readings=[Reading("counted from now", at.astimezone(UTC))])
    if found := _ZONED.fullmatch(text):
        named = UTC if found[2].upper() in ("UTC", "Z", "GMT") else ZoneInfo(found[2])
        return _settled(datetime.fromisoformat(found[1]), named, found[2])
    at = datetime.fromisoformat(text)
    if at.tzinfo:
        return Meant(at.astimezone(UTC))
    return _zoneless(at, zone, "names only a day" if len(text) <= len("2026-11-22") else "names no time zone")


def _day(word: str, now: datetime, zone: tzinfo | None) -> Meant:
    """Return the readings of ``yesterday`` and ``today``: a day is no instant."""
    back = timedelta(days=_DAYS[word])
    readings = [Reading("24 hours ago", (now - back).astimezone(UTC))] if word == "yesterday" else []
    for local, name in ((now.astimezone(UTC), "UTC"), (now.astimezone(zone), "this machine's zone")):
        midnight = datetime.combine(local.date(), datetime.min.time())
        if word == "yesterday":
            readings.append(Reading(f"the end of yesterday in {name}", _at(midnight, local.tzinfo, zone)))
        readings.append(Reading(f"the start of {word} in {name}", _at(midnight - back, local.tzinfo, zone)))
    return Meant(why="is a day, and no instant", readings=_once(readings))


def _at(naive: datetime, known: tzinfo | None, zone: tzinfo | None) -> datetime:
    """Return a wall clock's instant: in UTC, in ``zone``, or in this machine's own zone by its rules for that day."""
    if known is UTC:
        return naive.replace(tzinfo=UTC)
    return (naive.replace(tzinfo=zone) if zone else naive.astimezone()).astimezone(UTC)


def _zoneless(naive: datetime, zone: tzinfo | None, why: str) -> Meant:
    local = _settled(naive, zone, "this machine's zone")
    here = [Reading("in this machine's zone", local.at)] if local.at else local.readings
    extra = f", and {local.why}" if local.why else ""
    return Meant(why=f"{why}{extra}", readings=_once([Reading("in UTC", naive.replace(tzinfo=UTC)), *here]))


def _settled(naive: datetime, zone: tzinfo | None, name: str) -> Meant:
    """Return a wall clock's instant in a zone; where the clock was put back or forward then, both that come near."""
    if naive.tzinfo:
        raise ValueError("two zones")
    before, after = (_instant(naive.replace(fold=fold), zone) for fold in (0, 1))
    if before == after:
        return Meant(before)
    back = before.astimezone(zone).replace(tzinfo=None) == naive  # else no clock there ever showed it
    if back:
        readings = [Reading(f"in {name}, before the clock was put back", before)]
        readings += [Reading(f"in {name}, after it was put back", after)]
        return Meant(why=f"was twice in {name}: the clock was put back", readings=readings)
    readings = [Reading(f"in {name}, by the time before the clock was put forward", before)]
    readings += [Reading(f"in {name}, by the time after that", after)]
    return Meant(why=f"never was in {name}: the clock was put forward", readings=readings)


def _instant(naive: datetime, zone: tzinfo | None) -> datetime:
    return (naive.replace(tzinfo=zone) if zone else naive.astimezone()).astimezone(UTC)


def _once(readings: list[Reading]) -> list[Reading]:
    """Return the readings without those that name an instant a second time."""
    found: dict[datetime, Reading] = {}
    for reading in readings:
        found.setdefault(reading.at, reading)
    return list(found.values())

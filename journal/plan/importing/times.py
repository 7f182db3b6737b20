"""Durations as people write them in prose: "1 hour", "0-15 minutes", "< 4h", "72-hour"."""

from __future__ import annotations

import re

from journal.wording.durations import Duration

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 7 * 86400}
_UNIT = r"(seconds?|secs?|s|minutes?|mins?|m|hours?|hrs?|hr|h|days?|d|weeks?|w)\b"
_NUMBER = r"(\d{1,6}(?:\.\d{1,3})?)"
_PART = re.compile(rf"{_NUMBER}[\s-]*{_UNIT}", re.IGNORECASE)
_WHOLE = re.compile(rf"{_NUMBER}[\s-]*{_UNIT}(?:\s*,?\s*(?:and\s+)?{_NUMBER}[\s-]*{_UNIT})?", re.IGNORECASE)
_RANGE = re.compile(
    rf"^\D{{0,12}}{_NUMBER}\s*{_UNIT[:-2]}?\s*(?:-|–|—|to|until)\s*{_NUMBER}[\s-]*{_UNIT}", re.IGNORECASE
)
_AT_ONCE = re.compile(r"\b(real[- ]?time|zero|none|immediate(ly)?|no data loss|synchronous)\b", re.IGNORECASE)


def duration_in(text: str) -> Duration | None:
    """Return the first duration that a text names, or None. Of a range it is the longer end."""
    if said := range_in(text):
        return said[1]
    match = _WHOLE.search(text)
    return _sum(match.group(0)) if match else None


def at_once(text: str) -> bool:
    """Return whether a text says that nothing may be lost ("real-time")."""
    return _AT_ONCE.search(text) is not None


def range_in(text: str) -> tuple[Duration, Duration] | None:
    """Return both ends of a range at the begin of a text ("30 minutes - 4 hours"), or None."""
    match = _RANGE.match(text)
    if not match:
        return None
    low, unit, high, last = match.groups()
    return _seconds(low, unit or last), _seconds(high, last)


def window(text: str, before: Duration | None) -> dict[str, str] | None:
    """Return a phase's window, as a plan has it.

    Args:
        text: as the document has it.
        before: when the phase before ends, after the incident began; a range that begins earlier is how long this one
            lasts.
    """
    if both := range_in(text):
        start, end = both
        if end <= start:
            return None
        if before is not None and start < before:
            return {"at_least": str(start), "lasts": str(end), "text": text}
        return {"start": str(start), "end": str(end), "text": text}
    lasts = duration_in(text)
    return {"lasts": str(lasts), "text": text} if lasts else None


def _sum(text: str) -> Duration:
    return Duration(sum(_seconds(number, unit) for number, unit in _PART.findall(text)))


def _seconds(number: str, unit: str) -> Duration:
    return Duration(round(float(number) * _UNITS[unit[0].lower()]))

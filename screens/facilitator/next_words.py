"""What is next for whoever leads an exercise, with the key: a tired person need not read the whole list."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from journal.events.types import Kind
from journal.incident.state import Incident
from journal.wording.durations import exact_duration
from journal.wording.sanitize import sanitize
from screens.facilitator.following import InjectRow, Seen

_STUCK = timedelta(minutes=3)
"""For so long an inject may be open before a hint is proposed."""


class Next(NamedTuple):
    """What is next, and the key in the facilitator's console; empty: no key of it."""

    words: str
    key: str = ""


def next_to_lead(incident: Incident, seen: Seen, now: datetime) -> Next:
    """Return what is next for whoever leads.

    Args:
        incident: its state.
        seen: its injects and participants.
        now: the exercise's time.
    """
    if incident.closed_at is not None:
        undo = "" if incident.kind is Kind.TABLETOP else f"; at last: cleo exercise undo {incident.id}"
        return Next(f"it is over; while they are there: cleo exercise hotwash {incident.id} --ask{undo}")
    if incident.review.paused:
        return Next("the clock stands, and what comes waits: let it go on", "p")
    if not seen.people:
        door = "cleo demo --open" if incident.kind is Kind.TABLETOP else "cleo open"
        return Next(f"have players join, each on a terminal: {door} {incident.id}")
    return _stuck(seen, now) or _to_come(seen, now)


def _stuck(seen: Seen, now: datetime) -> Next | None:
    """Return what helps with the inject that has been open for longest, where that is too long."""
    waiting = [(row.at, row) for row in seen.injects if row.state == "open" and row.at and now - row.at >= _STUCK]
    if not waiting:
        return None
    at, row = min(waiting, key=lambda one: one[0])
    since = f"{_named(row)} is open for {exact_duration(round((now - at).total_seconds()))}"
    if row.next_hint:
        return Next(f"{since}: go there, and give its hint", "i")
    given = f"{since} and had its hints" if row.hints else since
    return Next(f"{given}: note what they do instead", "tab, n")


def _to_come(seen: Seen, now: datetime) -> Next:
    coming = [(row.at, row) for row in seen.injects if row.state == "comes" and row.at and row.at > now]
    if coming:
        at, row = min(coming, key=lambda one: one[0])
        left = exact_duration(round((at - now).total_seconds()))
        return Next(f"{_named(row)} comes in {left}; note what you see", "tab, n")
    if held := next((row for row in seen.injects if row.state == "held"), None):
        return Next(f"{_named(held)} is held: go there, and let it go on", "spc")
    if by_hand := next((row for row in seen.injects if row.state == "waits" and row.inject.by_hand), None):
        return Next(f"{_named(by_hand)} comes by your hand alone: go there when it suits", "g")
    if any(row.state == "waits" for row in seen.injects):
        return Next("what is left waits for what they do; note what you see", "tab, n")
    return Next("all was told; note what you see until they close it (x)", "tab, n")


def _named(row: InjectRow) -> str:
    return sanitize(row.inject.id)

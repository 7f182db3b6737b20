"""The escalation matrix: who was called, who answered, who is overdue, whom to call next."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from journal.incident.called import is_needed, open_items
from journal.incident.review import Call
from journal.incident.state import Incident
from journal.plan.model import Step
from journal.plan.people import Contact
from journal.wording.durations import rough_minutes
from journal.wording.instants import clock


class Standing(NamedTuple):
    """How one level of the matrix stands.

    Attributes:
        word: ``not called``, ``not needed``, ``answered``, ``waiting`` or ``OVERDUE``.
        left: seconds until the answer is due, negative once it is overdue; 0 where nobody waits for one.
        detail: the same in words, with the times that are behind it.
    """

    contact: Contact
    word: str
    left: float = 0.0
    detail: str = ""


def standings(incident: Incident, now: datetime) -> list[Standing]:
    """Return every level of the plan's matrix, in its order."""
    return [standing_of(incident, contact, now) for contact in _levels(incident)]


def outside(incident: Incident, now: datetime) -> list[Standing]:
    """Return the contacts outside the matrix whose calls can be noted: what they answer is no response of the team."""
    return [standing_of(incident, contact, now) for contact in incident.plan.contacts if contact.level]


def _levels(incident: Incident) -> list[Contact]:
    return [contact for contact in incident.plan.escalation if contact.level]


def standing_of(incident: Incident, contact: Contact, now: datetime) -> Standing:
    """Return how one level stands."""
    call = incident.review.calls.get(contact.level)
    if call is not None:
        return _called(contact, call, now)
    if is_needed(incident, contact.level):
        return Standing(contact, "not called")
    return Standing(contact, "not needed", 0.0, "the response team does not ask for it; it can be called all the same")


def _called(contact: Contact, call: Call, now: datetime) -> Standing:
    called = f"called {clock(call.paged_at)}"
    if call.answered_at is not None:
        took = rough_minutes((call.answered_at - call.paged_at).total_seconds())
        answered = f"answered {clock(call.answered_at)}: {call.who} after {took}"
        return Standing(contact, "answered", 0.0, f"{called}, {answered}")
    if not contact.respond_within:
        return Standing(contact, "waiting", 0.0, f"{called}, no answer yet; the plan promises no time")
    until = call.paged_at + timedelta(seconds=contact.respond_within)
    left = (until - now).total_seconds()
    if left < 0:
        return Standing(contact, "OVERDUE", left, f"{called}, has not answered: was due by {clock(until)}")
    return Standing(contact, "waiting", left, f"{called}, no answer yet, must answer by {clock(until)}")


class Calling(NamedTuple):
    """What to note next of a step's calls: in a word or two, and the numbers of the items that note it."""

    words: str
    numbers: list[int]


def calling(incident: Incident, step: Step) -> Calling | None:
    """Return what to note next of the calls that a step asks for: who is called comes first, then who has answered.

    None where no call is open.
    """
    numbers = {step.items.index(item) + 1: step.level(item) for item in open_items(incident, step)}
    levels = {number: level for number, level in numbers.items() if level}
    if not_called := [number for number, level in levels.items() if level not in incident.review.calls]:
        return Calling("call", not_called)
    return Calling("note who has answered", list(levels)) if levels else None


def overdue(incident: Incident, now: datetime) -> str:
    """Return what to do about a call that nobody answered in time; empty where nothing is to be done.

    A level that was called after the overdue one, and may still answer, is enough: then there is nothing to do yet.
    """
    if incident.closed_at is not None:
        return ""
    found = standings(incident, now)
    for place, standing in reversed(list(enumerate(found))):
        if standing.word in ("waiting", "answered"):
            return ""
        if standing.word == "OVERDUE":
            level, after = standing.contact.level, found[place + 1 :]
            todo = f"call {after[0].contact.level}" if after else f"call {level} again"
            waited = rough_minutes(standing.contact.respond_within - standing.left)
            return f"{level} has not answered for {waited}: {todo}"
    return ""

"""The escalation matrix: who was called, who answered, who is overdue, whom to call next."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from journal.incident.review import Call
from journal.incident.state import Incident
from journal.plan.model import Contact
from journal.wording.durations import rough_minutes


class Standing(NamedTuple):
    """How one level of the matrix stands.

    Attributes:
        word: ``not called``, ``answered``, ``waiting`` or ``OVERDUE``.
        left: seconds until the answer is due, negative once it is overdue; 0 where nobody waits for one.
        detail: the same in words, with the times that are behind it.
    """

    contact: Contact
    word: str
    left: float = 0.0
    detail: str = ""


def standings(incident: Incident, now: datetime) -> list[Standing]:
    """Return every level of the plan's matrix, in its order."""
    return [_standing(contact, incident.review.calls.get(contact.level), now) for contact in _levels(incident)]


def _levels(incident: Incident) -> list[Contact]:
    return [contact for contact in incident.plan.escalation if contact.level]


def _standing(contact: Contact, call: Call | None, now: datetime) -> Standing:
    if call is None:
        return Standing(contact, "not called")
    if call.answered_at is not None:
        took = rough_minutes((call.answered_at - call.paged_at).total_seconds())
        return Standing(contact, "answered", 0.0, f"{call.who} after {took}")
    waited = (now - call.paged_at).total_seconds()
    if not contact.respond_within:
        return Standing(contact, "waiting", 0.0, f"called {rough_minutes(waited)} ago; the plan promises no time")
    left = contact.respond_within - waited
    if left < 0:
        return Standing(contact, "OVERDUE", left, f"has not answered for {rough_minutes(waited)}")
    return Standing(
        contact, "waiting", left, f"called {rough_minutes(waited)} ago, {rough_minutes(left)} left to answer"
    )


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
            return f"{level} {standing.detail}: {todo}"
    return ""

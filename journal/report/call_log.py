"""The call log: who of the escalation matrix was called, who answered, and whether that was in time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from journal.events import types as e
from journal.incident.called import is_needed
from journal.report.review import CallEntry

if TYPE_CHECKING:
    from journal.incident.state import Incident
    from journal.plan.people import Contact


@dataclass(slots=True)
class _Call:
    """From the first page of a level to its answer; another page in between belongs to the same call."""

    level: str
    by: str
    how: list[str]
    pages: int = 0
    paged_at: datetime | None = None
    answered_at: datetime | None = None
    who: str = ""


class CallLog:
    """Collects all calls; the incident's state keeps only the latest of each level."""

    def __init__(self) -> None:
        self._calls: list[_Call] = []

    def paged(self, event: e.Event, body: e.ContactPaged) -> None:
        """Add that a level was called."""
        call = self._waiting(body.level)
        if call is None:
            call = _Call(body.level, event.actor, [], paged_at=event.at)
            self._calls.append(call)
        call.pages += 1
        call.how.append(body.how)

    def answered(self, event: e.Event, body: e.ContactAcknowledged) -> None:
        """Add that a level answered, called or not."""
        call = self._waiting(body.level)
        if call is None:
            call = _Call(body.level, event.actor, [])
            self._calls.append(call)
        call.answered_at, call.who = event.at, body.who or f"noted by {event.actor}"

    def taken_back(self, body: e.CallTakenBack) -> None:
        """Forget what was noted last of a level: its answer, or its last page and with the only one the call."""
        call = next((call for call in reversed(self._calls) if call.level == body.level), None)
        if call is None:
            return
        if call.answered_at is not None:
            call.answered_at, call.who = None, ""
        else:
            call.pages -= 1
            del call.how[call.pages :]
        if call.pages <= 0:
            self._calls.remove(call)

    def entries(self, incident: Incident) -> list[CallEntry]:
        """Return the calls in order, those to contacts outside too, then the matrix's levels that nobody called."""
        contacts = {contact.level: contact for contact in incident.plan.callable}
        made = [_entry(call, contacts.get(call.level), incident) for call in self._calls]
        levels = {call.level for call in self._calls}
        idle = [_Call(one.level, "", []) for one in incident.plan.escalation if one.level and one.level not in levels]
        return made + [_entry(call, contacts[call.level], incident) for call in idle]

    def _waiting(self, level: str) -> _Call | None:
        return next((call for call in self._calls if call.level == level and not call.answered_at), None)


def _entry(call: _Call, contact: Contact | None, incident: Incident) -> CallEntry:
    promised = float(contact.respond_within) if contact and contact.respond_within else None
    took = (call.answered_at - call.paged_at).total_seconds() if call.answered_at and call.paged_at else None
    return CallEntry(
        level=call.level,
        role=contact.role if contact else "",
        contact=contact.contact if contact else "",
        paged_at=call.paged_at,
        by=call.by,
        how="; ".join(filter(None, call.how)),
        pages=call.pages,
        answered_at=call.answered_at,
        who=call.who,
        response_s=took,
        promised_s=promised,
        verdict=_verdict(call, took, promised, incident),
    )


def _verdict(call: _Call, took: float | None, promised: float | None, incident: Incident) -> str:
    if call.paged_at is None:
        nobody = "not called" if is_needed(incident, call.level) else "not needed"
        return "answered, no call was noted" if call.answered_at else nobody
    if took is None:
        waited = ((incident.closed_at or incident.last_at) - call.paged_at).total_seconds()
        return "waiting" if promised is not None and waited <= promised and not incident.closed_at else "no answer"
    if promised is None:
        return "answered"
    return "in time" if took <= promised else "late"

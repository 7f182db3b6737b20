"""Since when an intruder was inside: as it was decided, and the earliest trace that may be proposed. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import NamedTuple

from journal.errors import CleoError
from journal.incident.backup_catalogue import facts_of
from journal.incident.last_good import change_began
from journal.incident.scanned import scan_of, scannable
from journal.incident.state import Incident
from journal.plan.model import INTRUSION_BEGAN, RECOVERY_POINT
from journal.wording.instants import NotAnInstant, utc, utc_instant

FIRST_TRACE = "first_trace_at"
"""The fact in which a look for an intruder says when the earliest of what it found was made, by a server's log."""


class NotTheBegin(CleoError):
    """A text is no instant at which an intrusion can have begun."""


class Trace(NamedTuple):
    """The earliest trace that somebody was inside, and what tells of it."""

    at: datetime
    words: str


def first_trace(incident: Incident) -> Trace | None:
    """Return the earliest trace of all systems; None where nothing tells. Who left it may have been inside before."""
    return min(_traces(incident), default=None, key=lambda trace: trace.at)


def _traces(incident: Incident) -> Iterator[Trace]:
    for system in scannable(incident):
        yield from _of_system(incident, system)
    if at := change_began(incident):
        yield Trace(at, "the earliest change that did damage, by the damage report")
    if incident.began_at < incident.discovered_at:
        yield Trace(incident.began_at, f"{incident.declared_by} declared that it began then")


def _of_system(incident: Incident, system: str) -> Iterator[Trace]:
    """Yield what the look through a system's states found: by its log, and after the last state without strangers."""
    title = incident.roster.title(system)
    facts = (facts_of(run, system) for run in incident.runs.values() if run.system in ("", system))
    told = [one[FIRST_TRACE] for one in facts if FIRST_TRACE in one][-1:]
    for at in (datetime.fromisoformat(one) for one in told if one):
        yield Trace(at, f"the first trace in {title}, by its log")
    scan = scan_of(incident, system)
    bad = [state for state in scan.states if state.strangers] if scan else []
    if scan and bad:
        first = min(bad, key=lambda state: state.begins)
        good = [state.begins for state in scan.states if not state.strangers and state.begins < first.begins]
        after = f", and after the state of {utc(max(good))}, where nothing was found" if good else ""
        yield Trace(first.begins, f"the first trace in {title} is of before {utc(first.begins)}{after}")


def checked_begin(incident: Incident, answer: str) -> str:
    """Return the begin of an intrusion in the form in which it is kept.

    Raises:
        NotTheBegin: it is no instant with its zone, or lies after the intrusion was noticed.
    """
    try:
        at = utc_instant(answer)
    except NotAnInstant as error:
        raise NotTheBegin(error.message, error.hint) from None
    if at > incident.discovered_at:
        noticed = utc(incident.discovered_at)
        raise NotTheBegin(
            f"{utc(at)} is after the intrusion was noticed ({noticed}).", "Say the moment of its first trace."
        )
    return at.astimezone(UTC).isoformat()


def read_begin(answer: str) -> datetime | None:
    """Return the begin that `checked_begin` wrote; None where ``answer`` is none."""
    try:
        return utc_instant(answer)
    except NotAnInstant:
        return None


def later_than_begin(incident: Incident) -> str:
    """Return that the recovery point lies after the begin of the intrusion as it was decided since; empty: it does not.

    A point that was decided, with its reason, by somebody who knew that begin stands.
    """
    point, began = incident.decisions.get(RECOVERY_POINT), incident.decisions.get(INTRUSION_BEGAN)
    decided, at = incident.recovery_point, incident.intrusion_began
    if point is None or began is None or decided is None or at is None or point.at > began.at:
        return ""
    if decided.instant and decided.instant <= at:
        return ""
    return f"{began.by} decided since that they were inside from {utc(at)} on"

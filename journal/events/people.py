"""Events that people write: declared, decided, ticked, done, skipped, noted, closed.

A late entry has ``happened_at``: when it happened (UTC, ISO 8601); the envelope says when it was written.
"""

from __future__ import annotations

from typing import Any, Literal

from journal.events.base import Body, Kind

RoleName = Literal["lead", "scribe", "responder"]
"""What somebody may be in an incident. One leads and one writes down; responders are as many as there are."""


class IncidentDeclared(Body, frozen=True, kw_only=True, tag="incident.declared"):
    """The journal's first event. ``plan`` is the whole plan as data; times are UTC, ISO 8601.

    ``plan_file`` is where the plan was read; the scripts that it pins are named from that folder.
    """

    id: str
    title: str
    kind: Kind
    scenario: str
    severity: str
    began_at: str
    discovered_at: str
    plan: dict[str, Any]
    plan_sha256: str
    inventory: str = ""
    program: str = ""
    plan_file: str = ""


class DecisionMade(Body, frozen=True, kw_only=True, tag="decision.made"):
    """A person decided. ``name`` is the decision's name in the plan (severity, strategy, recovery_point…).

    ``reason`` is what the person wrote; ``because`` what the console had proposed the answer for, where it did.
    """

    name: str
    answer: str
    reason: str = ""
    because: str = ""
    happened_at: str = ""


class ItemChecked(Body, frozen=True, kw_only=True, tag="item.checked"):
    """A sub-item of a manual step was ticked (or unticked)."""

    item: str
    checked: bool


class StepMarkedDone(Body, frozen=True, kw_only=True, tag="step.marked_done"):
    """A person did the step by hand, or declares it done."""

    note: str
    happened_at: str = ""


class StepSkipped(Body, frozen=True, kw_only=True, tag="step.skipped"):
    """A person left the step out."""

    reason: str
    happened_at: str = ""


class StepReopened(Body, frozen=True, kw_only=True, tag="step.reopened"):
    """A person took back that the step is done or skipped."""

    reason: str


class StepTaken(Body, frozen=True, kw_only=True, tag="step.taken"):
    """Its writer works at the step from now on; ``over_from`` is who did until then. It keeps nobody from anything."""

    over_from: str = ""


class StepGivenBack(Body, frozen=True, kw_only=True, tag="step.given_back"):
    """Its writer does not work at the step any more."""


class RoleTaken(Body, frozen=True, kw_only=True, tag="role.taken"):
    """Its writer is ``name`` (lead, scribe or responder) from now on; ``over_from`` is who was until then."""

    name: RoleName
    over_from: str = ""


class NoteAdded(Body, frozen=True, kw_only=True, tag="note.added"):
    """Free text."""

    text: str
    happened_at: str = ""


class IncidentClosed(Body, frozen=True, kw_only=True, tag="incident.closed"):
    """The incident is over; only notes, late entries and what takes a hold back follow, unless it is reopened.

    ``remaining`` is what the person who closed it was shown as not in order, a line each. ``derived``: the summary is
    the program's, from the journal (`journal.incident.ending`); the person took it as it was.
    """

    summary: str = ""
    derived: bool = False
    remaining: list[str] = []


class IncidentReopened(Body, frozen=True, kw_only=True, tag="incident.reopened"):
    """A closed incident was reopened."""

    reason: str


class ContactPaged(Body, frozen=True, kw_only=True, tag="contact.paged"):
    """Somebody of the escalation matrix was called; the clock of their response runs from here."""

    level: str
    how: str = ""


class ContactAcknowledged(Body, frozen=True, kw_only=True, tag="contact.acknowledged"):
    """Somebody who was called has answered. ``who`` is their name."""

    level: str
    who: str = ""


class CallTakenBack(Body, frozen=True, kw_only=True, tag="contact.taken_back"):
    """What was noted last of a level was a mistake: that it answered, or that it was called."""

    level: str

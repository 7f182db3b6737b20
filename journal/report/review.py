"""The parts of a report that people wrote: fields, calls, action items, signatures, validation, exercise."""

from __future__ import annotations

from datetime import datetime

from journal.exercise.assessment import ExpectationResult, ObjectiveResult
from journal.report.evidence import Part, StateAt, StepName


class WrittenField(Part, frozen=True, kw_only=True):
    """A field of the report that a person writes. ``text`` is empty while nobody did.

    ``facts`` are sentences made from the evidence, to be read beneath it.
    """

    name: str
    title: str
    text: str
    by: str
    at: datetime | None
    facts: list[str]


class CallEntry(Part, frozen=True, kw_only=True):
    """A call to a level of the escalation matrix, from the first page to the answer.

    Attributes:
        pages: how often they were called until they answered.
        response_s: from the first page to the answer; null where nobody called or nobody answered.
        promised_s: how soon the plan promises an answer.
        verdict: ``in time``, ``late``, ``answered`` (nothing was promised), ``answered, no call was noted``,
            ``waiting``, ``no answer``, ``not called`` or ``not needed`` (the response team does not ask for it).
    """

    level: str
    role: str
    contact: str
    paged_at: datetime | None
    by: str
    how: str
    pages: int
    answered_at: datetime | None
    who: str
    response_s: float | None
    promised_s: float | None
    verdict: str


class ActionItemEntry(Part, frozen=True, kw_only=True):
    """Something to be done afterwards. ``owner`` and ``due`` (a date) are empty where nobody said.

    Attributes:
        objective: the id of the exercise's objective that it serves, or empty; ``cause``: why it is needed, or empty.
        done_at: null while it is open; ``how``: what ``done_by`` put in order.
    """

    id: str
    text: str
    owner: str
    due: str
    by: str
    at: datetime
    objective: str
    cause: str
    done_at: datetime | None
    done_by: str
    how: str


class SignatureEntry(Part, frozen=True, kw_only=True):
    """A person signed in a role, having seen the journal up to ``head``.

    Attributes:
        events_seen: the seq of that head; null where this journal has no such head.
        events_since: how many events followed it, signatures not counted; null as above.
        since: how many of each type.
    """

    role: str
    by: str
    at: datetime
    head: str
    short_head: str
    events_seen: int | None
    events_since: int | None
    since: dict[str, int]


class ValidationResult(Part, frozen=True, kw_only=True):
    """A step that validates or verifies: its result, and whether it was measured or stated by a person.

    ``each`` has the result at every system, where the step acts on several.
    """

    step: StepName
    state: str
    each: list[StateAt]
    measured: bool
    text: str
    by: str
    at: datetime | None
    attempts: int
    proves: list[str]


class InjectEntry(Part, frozen=True, kw_only=True):
    """Something that the players were told.

    Attributes:
        planned: when it was planned, in words; ``planned_s`` counts from the exercise's start or from that moment.
        given_s: when it was given, in seconds from the exercise's start; null where it was never given.
        answered_s: how long players took to answer it; null where nothing did, or nobody could tell.
    """

    id: str
    text: str
    planned: str
    planned_s: float
    given_at: datetime | None
    given_s: float | None
    answered_s: float | None
    expected: str
    observed: str


class FacilitatorNote(Part, frozen=True, kw_only=True):
    """What the facilitator noted of a participant. ``mark``: good, improve or note."""

    at: datetime
    by: str
    who: str
    mark: str
    text: str


class AfterAction(Part, frozen=True, kw_only=True):
    """The after-action part (NIST SP 800-84, HSEEP); hot wash and improvement plan are the report's fields and items.

    Attributes:
        participants: the people who wrote into its journal, and not into its improvement plan alone.
        programs: who wrote only what programs write, or whoever leads it.
        notes: what the facilitator noted of the participants; ``hints``: what they were told beside the script.
    """

    title: str
    situation: str
    began_at: datetime | None
    participants: list[str]
    programs: list[str]
    objectives: list[ObjectiveResult]
    expectations: list[ExpectationResult]
    injects: list[InjectEntry]
    done_well: list[str]
    missed: list[str]
    notes: list[FacilitatorNote]
    hints: list[str]

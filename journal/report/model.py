"""The content of a report as plain values, the same for Markdown, HTML and JSON.

The field names are the keys of the JSON report (``format`` 1): they are only ever added to. Instants are UTC, lengths
and offsets are seconds, offsets count from the disruption. An absent value is null: it was not measured, or is not so.
"""

from __future__ import annotations

from datetime import datetime

from journal.report.evidence import (
    ActionRun,
    ChecklistPhase,
    ChecklistStep,
    DecisionEntry,
    DeviationEntry,
    Entry,
    HealthTransition,
    KnownBefore,
    OpenPoint,
    Part,
    StepName,
)
from journal.report.results import ExposureRow, RpoResult, RtoResult
from journal.report.review import (
    ActionItemEntry,
    AfterAction,
    CallEntry,
    SignatureEntry,
    ValidationResult,
    WrittenField,
)
from journal.report.timeline import Timeline

FORMAT = 1
"""The version of the JSON report's keys."""


class Severity(Part, frozen=True, kw_only=True):
    """One severity of the incident, and who set it."""

    at: datetime
    by: str
    severity: str
    reason: str


class PlanName(Part, frozen=True, kw_only=True):
    """Which plan was followed."""

    title: str
    version: str
    owner: str
    sha256: str


class Header(Part, frozen=True, kw_only=True):
    """What was declared. ``severities`` begins with the declared one and ends with the last one decided."""

    id: str
    title: str
    kind: str
    scenario: str
    scenario_title: str
    severity: str
    severities: list[Severity]
    declared_by: str
    program: str
    inventory: str
    plan: PlanName
    outcome: str


class Fault(Part, frozen=True, kw_only=True):
    """What the chain's check found. ``row`` is an event's seq, or 0 for the file as a whole."""

    row: int
    what: str


class Verification(Part, frozen=True, kw_only=True):
    """Which journal this is, and whether its chain holds. ``witness`` is the head that was given from outside."""

    ok: bool
    events: int
    head: str
    short_head: str
    faults: list[Fault]
    notes: list[str]
    witness: str


class Responder(Part, frozen=True, kw_only=True):
    """A person or a program that wrote into the journal. ``roles`` are those that it shows of a person."""

    name: str
    roles: list[str]
    events: int
    first_at: datetime
    last_at: datetime


class Summary(Part, frozen=True, kw_only=True):
    """Sentences made from the evidence, and the summary with which a person closed the incident.

    ``closing_words_derived``: they were made from the journal, and the person took them as they were.
    ``story`` are those of the sentences that tell what happened, without objectives and deviations.
    """

    sentences: list[str]
    story: list[str]
    closing_words: str
    closing_words_derived: bool = False


class KeyTime(Part, frozen=True, kw_only=True):
    """One of the incident's key times. ``offset_s`` counts from the disruption."""

    name: str
    title: str
    at: datetime | None
    offset_s: float | None


class ImpactSpan(Part, frozen=True, kw_only=True):
    """A span of time in which a system was in one state: as in ``journal.report.impact.GRAVEST_FIRST``."""

    state: str
    begin: datetime
    end: datetime

    @property
    def seconds(self) -> float:
        """Its length."""
        return (self.end - self.begin).total_seconds()


class SystemImpact(Part, frozen=True, kw_only=True):
    """What health probes and the keeping out of writers say of one system, from the disruption to the end.

    Attributes:
        system: its name in the inventory, or in the plan.
        totals: seconds in each state, the gravest first.
        last: the state at the end.
        spans: the states in order, without gaps.
    """

    system: str
    title: str
    totals: dict[str, float]
    last: str
    spans: list[ImpactSpan]


class Choice(Part, frozen=True, kw_only=True):
    """A decision that steers the recovery: strategy, recovery point. ``answer`` is empty while nobody chose."""

    name: str
    question: str
    answer: str
    answer_title: str
    suggested: str
    by: str
    at: datetime | None
    reason: str


class CourseEntry(Part, frozen=True, kw_only=True):
    """One line of the course of events. ``steps`` are several where one line says the same of them.

    ``late``: it was written down later than ``at``.
    """

    at: datetime
    late: bool
    offset_s: float
    by: str
    steps: list[StepName]
    text: str


class LegalRow(Part, frozen=True, kw_only=True):
    """A legal duty: what the plan and the law say, and the deadline of each."""

    title: str
    plan: str
    plan_until: datetime | None
    law: str
    law_until: datetime | None
    source: str


class Report(Part, frozen=True, kw_only=True):
    """The whole report.

    Attributes:
        as_of: the time of the journal's last event.
        zone: the time zone of times beside UTC; empty for none.
        fields: what people wrote, each with the facts that belong to it.
        responders: the people who wrote into the journal; ``programs``: what else did, such as the runner.
        course: what matters of the timeline.
        communication_notes: what was noted at the plan's steps about communication.
        timeline: every event; it is read from the journal while the report is written.
        exercise: the assessment of an exercise with a script; null for everything else.
    """

    format: int = FORMAT
    as_of: datetime
    zone: str
    incident: Header
    verification: Verification
    summary: Summary
    fields: list[WrittenField]
    impact: list[SystemImpact]
    times: list[KeyTime]
    rto: list[RtoResult]
    rpo: list[RpoResult]
    exposure: list[ExposureRow]
    choices: list[Choice]
    responders: list[Responder]
    programs: list[Responder]
    course: list[CourseEntry]
    deviations: list[DeviationEntry]
    open_points: list[OpenPoint]
    known_before: KnownBefore | None
    timeline: Timeline
    actions: list[ActionRun]
    decisions: list[DecisionEntry]
    checklist: list[ChecklistPhase]
    validation: list[ValidationResult]
    communications: list[ChecklistStep]
    communication_notes: list[Entry]
    calls: list[CallEntry]
    health: list[HealthTransition]
    legal: list[LegalRow]
    action_items: list[ActionItemEntry]
    signatures: list[SignatureEntry]
    exercise: AfterAction | None

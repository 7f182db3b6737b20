"""The parts of a report that show evidence: timeline, runs, decisions, checklist, health."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """The base of a report's structs."""


class StepName(Part, frozen=True, kw_only=True):
    """A step of the plan: its id, its number as printed, its title. Empty where there is none."""

    id: str = ""
    number: str = ""
    title: str = ""


class Entry(Part, frozen=True, kw_only=True):
    """One line of the timeline. ``at`` is when it happened; ``written_at`` differs for a late entry."""

    seq: int
    at: datetime
    written_at: datetime
    late: bool
    offset_s: float
    actor: str
    host: str
    type: str
    step: StepName
    text: str


class TargetFact(Part, frozen=True, kw_only=True):
    """One fact of a target's identity, and how it was known: reported, last known or unknown."""

    name: str
    value: str
    known: str


class GateOverride(Part, frozen=True, kw_only=True):
    """A gate that was overridden, and why."""

    gate: str
    reason: str
    target: str


class ProgramRun(Part, frozen=True, kw_only=True):
    """An external program. ``code`` is its exit status, negative for a signal, null where it is not known."""

    key: str
    argv: list[str]
    host: str
    started_at: datetime
    finished_at: datetime | None
    code: int | None
    duration_s: float | None
    reattached: bool


class Output(Part, frozen=True, kw_only=True):
    """What a run printed: number of lines, SHA-256 of all, and the last lines."""

    lines: int
    sha256: str
    tail: list[str]


class FindingSeen(Part, frozen=True, kw_only=True):
    """One finding of a run, and what to do about it. ``severity``: note, warning or wrong."""

    severity: str
    about: str
    text: str
    cure: str


class ActionRun(Part, frozen=True, kw_only=True):
    """One run of an action. ``kind``: ``run``, ``dry run`` or ``probe``.

    ``attempt`` counts the started runs of a step that change its state, at each system by itself; it is 0 for every
    other run. ``system`` is what people call the system that it acted on; empty where that was none in particular.
    """

    id: int
    kind: str
    attempt: int
    step: StepName
    action: str
    system: str
    params: dict[str, Any]
    command: list[str]
    destructive: bool
    state: str
    requested_by: str
    requested_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    duration_s: float | None
    target: list[TargetFact]
    confirmed: str
    digest: str
    overrides: list[GateOverride]
    programs: list[ProgramRun]
    summary: str
    facts: dict[str, Any]
    left_behind: str
    findings: list[FindingSeen]
    partial: str
    output: Output
    refused_by: str
    refusal: str
    in_doubt: str
    program_status: str
    verdict: str
    cancelled_by: str
    reentered: int


class DecisionEntry(Part, frozen=True, kw_only=True):
    """One answer to one decision; a later one to the same name replaced it."""

    at: datetime
    offset_s: float
    by: str
    name: str
    question: str
    answer: str
    answer_title: str
    reason: str
    replaced: bool


class DeviationEntry(Part, frozen=True, kw_only=True):
    """Something that was not done as the plan says."""

    at: datetime
    offset_s: float
    by: str
    what: str
    step: StepName
    reason: str


class Item(Part, frozen=True, kw_only=True):
    """One item of a manual step: by whom it was ticked and when, or what of the journal tells whether it is so.

    ``needed`` is false for a call that the response team does not ask for.
    """

    text: str
    checked: bool
    needed: bool = True
    by: str = ""
    at: datetime | None = None
    evidence: str = ""


class StateAt(Part, frozen=True, kw_only=True):
    """The state of a step at one of the several systems that it acts on, and what was said of it there."""

    title: str
    state: str
    note: str


class ChecklistStep(Part, frozen=True, kw_only=True):
    """A step's final state; ``each`` has one for every system, where the step acts on several."""

    step: StepName
    kind: str
    state: str
    each: list[StateAt]
    by: str
    at: datetime | None
    note: str
    items: list[Item]
    runs: list[int]
    ours: bool
    optional: bool


class ChecklistSection(Part, frozen=True, kw_only=True):
    """A heading of the plan and its steps."""

    title: str
    steps: list[ChecklistStep]


class ChecklistPhase(Part, frozen=True, kw_only=True):
    """A phase and its window. ``counts``: how many of its steps are in which state."""

    id: str
    title: str
    window: str
    opens_at: datetime | None
    closes_at: datetime | None
    optional: bool
    counts: dict[str, int]
    sections: list[ChecklistSection]


class HealthTransition(Part, frozen=True, kw_only=True):
    """A system's health went from one status to another."""

    at: datetime
    offset_s: float
    system: str
    title: str
    was: str
    status: str
    detail: str


class KnownEntry(Part, frozen=True, kw_only=True):
    """Something that was known before not to be ready.

    ``since`` is the first look that found it wrong, ``seen`` the last one that did. ``hit`` are those of its ``steps``
    that failed in the incident, or of which somebody decided otherwise than the plan says.
    """

    about: str
    words: str
    cure: str
    systems: list[str]
    steps: list[StepName]
    hit: list[StepName]
    stops: bool
    since: datetime
    seen: datetime


class KnownBefore(Part, frozen=True, kw_only=True):
    """What the last look at readiness had found wrong as the incident was declared, what hit first; and when it was."""

    looked_at: datetime
    points: list[KnownEntry]


class OpenPoint(Part, frozen=True, kw_only=True):
    """Something that the incident leaves undone or unknown."""

    what: str
    step: StepName
    detail: str

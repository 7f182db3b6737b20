"""The structs of a plan. It is written in YAML (`journal.plan.load`); the journal's first event carries all of it.

Durations are written as people write them ("15 min", "1 h 30 min") and held in seconds.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import Any, Literal

import msgspec

from journal.plan.part import Part
from journal.plan.people import Contact, LegalClock
from journal.plan.routine import AlertRule, Backup, Objectives, Test
from journal.wording.durations import Duration

RECOVERY_POINT = "recovery_point"
"""The name of the one decision of the kind ``recovery-point``: gates and restores ask for it."""
INTRUSION_BEGAN = "intrusion_began"
"""The name of the decision since when an intruder was inside: no recovery point is to lie after it."""
AFFECTED = "affected"
"""The name of the decision which of the plan's systems are affected."""

FOUND_WRONG = "found_wrong"
"""What ``suggest`` calls data that was proven wrong, in the place of a decision's or a step's name."""
STANDBY_SITE = "standby_site"
"""What ``suggest`` calls where the standbys of what is affected live, all of them."""
SAME, ANOTHER = "same", "another"
"""On the site of what they stand by for, or on another one."""


class System(Part, frozen=True, kw_only=True):
    """Something that can break. ``tier`` and ``data`` name objectives; no ``data`` means it holds none.

    ``optional``: not everybody has one (a connection pooler): where no system of the inventory plays it, neither it nor
    its steps are shown.
    """

    title: str
    tier: str
    data: str = ""
    optional: bool = False


class Scenario(Part, frozen=True, kw_only=True):
    """A kind of disaster. ``refuses`` maps a decision to answers that would make it worse.

    ``refuses_unless`` maps such a decision to another one's answers under which it refuses nothing.
    ``loses`` is the site that is lost with everything in it: always, or once the decisions in ``loses_if`` have one of
    the answers named there. ``untouched``: no system is hit or changed (a restore into scratch instances), and how
    the systems are is no business of closing it.
    """

    title: str
    impact: str
    likelihood: str
    severity: str
    systems: list[str] = []
    strategy: str = ""
    refuses: dict[str, list[str]] = {}
    refuses_unless: dict[str, dict[str, list[str]]] = {}
    loses: str = ""
    loses_if: dict[str, list[str]] = {}
    untouched: bool = False


class Option(Part, frozen=True, kw_only=True):
    """One answer to a decision. ``calls``: the escalation levels that it asks to be called."""

    title: str
    text: str = ""
    calls: list[str] = []


class Decision(Part, frozen=True, kw_only=True):
    """A question that a person answers; later steps say ``when: {<name>: [answers]}``.

    ``kind``: ``one`` of the options, ``systems`` (any of the plan's systems, comma-separated in the
    answer), ``recovery-point`` (``journal.incident.recovery_point``), ``instant`` (one with its zone) or ``text``.
    What a screen proposes is ``Plan.suggested``, or ``suggest``: by another decision's name or a step's id, which
    answer follows from which answer or state; by ``found_wrong``, which follows where the data of which of the plan's
    systems was proven wrong. The first that says anything counts, and an empty answer proposes none.
    """

    name: str
    question: str
    kind: Literal["one", "systems", "recovery-point", "instant", "text"] = "one"
    options: dict[str, Option] = {}
    default: str = ""
    suggest: dict[str, dict[str, str]] = {}

    @property
    def calls_somebody(self) -> bool:
        """Whether its answer says which escalation levels are called."""
        return any(option.calls for option in self.options.values())


class KnownItem(Part, frozen=True, kw_only=True):
    """An item that nobody ticks: the journal tells whether it is so.

    ``known``: ``nothing-open`` (no run is under way or in doubt, no step failed), ``nothing-held`` (nothing that a run
    put in force, a hold or a block, is left).
    """

    text: str
    known: Literal["nothing-open", "nothing-held"]


class Step(Part, frozen=True, kw_only=True):
    """One step of the checklist.

    Its kind follows from the fields it has: an ``action`` (registered, with ``params``), a ``command`` (an
    argv through ``host``; one string and ``shell: true`` where a shell is wanted), a ``decision``, or
    nothing of these: a manual step with ``items`` to tick.

    Attributes:
        written_items: the items of a manual step as the plan has them (``items``): a text that a person ticks, or one
            that the journal tells of.
        script: the name or command in the written plan.
        sha256: the digest of a command's program as the plan was tested with it; `cleo ready` tells where it changed.
        calls: the escalation levels that the first items stand for, in their order: such an item is not ticked by hand,
            it is ticked while its level has answered, and needs no tick where the response team does not ask for it.
        when: decision (or ``scenario``) → the answers for which this step applies; all must hold.
        needs: steps that come first.
        after: steps that it is proposed after; unlike ``needs``, nothing is refused before they are settled.
        system: the plan's system it acts on; where that is ``optional`` the step applies only if the inventory has one.
        expect: how long it usually takes, in seconds; 0: not known.
        verified_by: the step that proves it.
        ours: not in the written plan; added for a safety rule.
        may_fail: an attempt is enough: if it fails, the step is settled as "tried" (crash recovery before a restore).
        optional: leaving it out is no deviation (manual recovery procedures).
        audience: it tells an audience, and applies where the inventory has channels to that one.
        beside: it goes on beside the recovery (telling people, writing down) and never stands in front of it.
        pinned: the digests of scripts that it names otherwise, by their paths (from the plan's folder).
        together: the name of a group of looks, or of decisions; one key runs, or asks for, all of a group.
    """

    id: str
    title: str
    text: str = ""
    action: str = ""
    params: dict[str, Any] = {}
    command: list[str] | str = []
    shell: bool = False
    host: str = ""
    decision: Decision | None = None
    written_items: list[str | KnownItem] = msgspec.field(default_factory=list, name="items")
    calls: list[str] = []
    script: str = ""
    sha256: str = ""
    when: dict[str, list[str]] = {}
    needs: list[str] = []
    after: list[str] = []
    system: str = ""
    destructive: bool = False
    expect: Duration = Duration(0)
    verified_by: str = ""
    ours: bool = False
    may_fail: bool = False
    optional: bool = False
    audience: str = ""
    beside: bool = False
    together: str = ""
    pinned: dict[str, str] = {}

    @property
    def kind(self) -> Literal["action", "command", "decision", "manual"]:
        """The kind of the step: an action, a command, a decision or a manual step."""
        if self.action:
            return "action"
        if self.command:
            return "command"
        return "decision" if self.decision else "manual"

    @property
    def is_run(self) -> bool:
        """Whether a program does it: an action or a command."""
        return self.kind in ("action", "command")

    @property
    def items(self) -> list[str]:
        """The texts of its items."""
        return [item if isinstance(item, str) else item.text for item in self.written_items]

    def known(self, item: str) -> str:
        """Return what of the journal tells whether an item is so; empty where a person ticks it."""
        told = {one.text: one.known for one in self.written_items if isinstance(one, KnownItem)}
        return told.get(item, "")

    def level(self, item: str) -> str:
        """Return the escalation level whose answer ticks an item; empty where a person ticks it."""
        return dict(zip(self.items, self.calls, strict=False)).get(item, "")


class Section(Part, frozen=True, kw_only=True):
    """A numbered heading inside a phase."""

    title: str
    steps: list[Step]


class Window(Part, frozen=True, kw_only=True):
    """When a phase is meant to happen.

    From ``start`` to ``end`` after the incident began, or for between ``at_least`` and ``lasts`` at most,
    counted from the phase before. ``text`` is the window as the written plan has it.
    """

    start: Duration | None = None
    end: Duration | None = None
    at_least: Duration | None = None
    lasts: Duration | None = None
    text: str = ""


class Phase(Part, frozen=True, kw_only=True):
    """A stretch of the plan. ``optional`` phases (manual procedures, after the incident) do not hold up the close."""

    id: str
    title: str
    window: Window | None = None
    sections: list[Section]
    optional: bool = False


class Plan(Part, frozen=True, kw_only=True, dict=True):
    """The whole plan."""

    title: str
    version: str
    owner: str = ""
    updated: str = ""
    review: str = ""
    overview: str = ""
    objectives: Objectives
    systems: dict[str, System]
    scenarios: dict[str, Scenario]
    strategies: dict[str, Option]
    phases: list[Phase]
    escalation: list[Contact] = []
    contacts: list[Contact] = []
    compliance: list[LegalClock] = []
    alerts: list[AlertRule] = []
    monitoring: dict[str, str] = {}
    tests: list[Test] = []
    backups: list[Backup] = []
    places: dict[str, str] = {}

    @property
    def callable(self) -> list[Contact]:
        """Those whose calls can be noted: the escalation matrix, and the contacts outside that have a level."""
        return [contact for contact in (*self.escalation, *self.contacts) if contact.level]

    def steps(self) -> Iterator[Step]:
        """Yield every step in the order of the checklist."""
        return (step for phase in self.phases for section in phase.sections for step in section.steps)

    @cached_property
    def by_id(self) -> dict[str, Step]:
        """Every step by its id."""
        return {step.id: step for step in self.steps()}

    @cached_property
    def numbers(self) -> dict[str, str]:
        """Every step's number as printed, phase.section.step (``3.1.2``)."""
        return {
            step.id: f"{p}.{s}.{n}"
            for p, phase in enumerate(self.phases, 1)
            for s, section in enumerate(phase.sections, 1)
            for n, step in enumerate(section.steps, 1)
        }

    @cached_property
    def phase_of(self) -> dict[str, Phase]:
        """The phase of every step, by the step's id."""
        return {step.id: phase for phase in self.phases for section in phase.sections for step in section.steps}

    def named(self, step_id: str) -> str:
        """Return a step's number and title: ``3.1.2 Stop the writers``; empty where the plan has no such step."""
        step = self.by_id.get(step_id)
        return f"{self.numbers[step_id]} {step.title}" if step else ""

    @cached_property
    def with_known_items(self) -> list[Step]:
        """The steps with items that nobody ticks."""
        return [step for step in self.steps() if any(isinstance(item, KnownItem) for item in step.written_items)]

    def decision(self, name: str) -> Step | None:
        """Return the step that asks for the decision ``name``, or None."""
        return next((s for s in self.steps() if s.decision and s.decision.name == name), None)

    def suggested(self, decision: Decision, scenario: str) -> str:
        """Return the answer to propose in this scenario; empty where there is none, or it would be refused."""
        hit = self.scenarios[scenario]
        own = {"strategy": hit.strategy, "severity": hit.severity}.get(decision.name, "")
        answer = ",".join(hit.systems) if decision.kind == "systems" else own or decision.default
        return "" if answer in hit.refuses.get(decision.name, []) else answer

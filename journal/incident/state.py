"""The incident's state, which `journal.incident.fold` computes from the events, and what can be asked of it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from journal.events.exposure import Exposed
from journal.events.run import Took
from journal.events.types import Event, Kind
from journal.incident.declaration import declaration_of, plan_of
from journal.incident.loss import Known, Ledger, Loss
from journal.incident.records import (
    Continued,
    DecisionRecord,
    Deviation,
    FoundWrong,
    HealthRecord,
    InForce,
    Run,
    RunnerRecord,
    RunState,
    StepRecord,
    StepState,
)
from journal.incident.recovery_point import RecoveryPoint
from journal.incident.review import Review
from journal.incident.rewound import Rewound
from journal.incident.roster import Roster
from journal.incident.team import Team
from journal.plan.applies import applies
from journal.plan.model import AFFECTED, Phase, Step
from journal.wording.counting import count


class Incident:
    """The state of one incident.

    Args:
        first: the event that declares it; `journal.incident.fold` applies the others.

    Attributes:
        plan: the plan that it was declared with; it never changes.
        drifted: the scripts of a step that are not those the plan was tested with, a line each, by step.
        steps: what happened to each step, by id.
        runs: every run, by id (the seq of its request).
        decisions: the latest answer to each decision, by name.
        intrusion_began: since when somebody was inside, as last decided; None while nobody did.
        recovery_point: where every restore leads to, as last decided; None while nobody did.
        answers: what steers the steps, by name: the scenario, the systems affected, and every decision.
        affected: the inventory's systems that were decided to be affected, by the plan's system that several play.
        roster: the inventory's systems, as the runner last read them.
        takeovers: which system plays another one's part by now, by that one's name.
        system_facts: the latest fact of each name that actions reported, by system.
        found_wrong: what was proven wrong in a system, until a later complete examination finds otherwise.
        changed_at: when the first destructive run on a system ended, by system.
        inventory_sha256, inventory_error: digest of the inventory in use, and why a newer one cannot be used.
        inventory_doubts: what the inventory in use says that leads nowhere in this plan, a line each.
        in_force: holds and blocks that nothing took back, by the action that would and its target.
        closing_words, closing_words_derived: how it ended, and whether those words are the program's.
        left_open: what the person who closed the incident was shown as not in order, a line each.
        exposed_first, exposed_last: what would have been lost of each system, when it was written down first and last.
        exposed_at: when it was written down last; None: never.
        ledgers: what is known of each system's newest commits and of its recoveries; see ``journal.incident.loss``.
        deviations: everything that a person decided otherwise than the plan says, in order.
        audiences: those that the inventory has channels to.
        lacks: the plan's actions that the runner cannot run, so that doing them by hand is no deviation.
        continued: the journal's last failover, or None.
        team: who took which step, and who leads and writes down.
        review: calls, the report's fields, action items, signatures, an exercise.
        seq, head: the last event's seq and hash.
        history: in a tabletop, the events that count, so that it can be rewound; else None.
        rewound: each time that it was.
    """

    def __init__(self, first: Event) -> None:
        body = declaration_of(first)
        self.id = body.id
        self.title = body.title
        self.kind = Kind(body.kind)
        self.scenario = body.scenario
        self.declared_severity = body.severity
        self.began_at = datetime.fromisoformat(body.began_at)
        self.discovered_at = datetime.fromisoformat(body.discovered_at)
        self.declared_at = first.at
        self.declared_by = first.actor
        self.inventory = body.inventory
        self.inventory_sha256, self.inventory_error = "", ""
        self.inventory_doubts: list[str] = []
        self.program = body.program
        self.plan = plan_of(body)
        self.plan_sha256 = body.plan_sha256
        self.plan_folder = Path(body.plan_file).parent
        self.drifted: dict[str, list[str]] = {}
        self.steps: dict[str, StepRecord] = {step.id: StepRecord() for step in self.plan.steps()}
        self.runs: dict[int, Run] = {}
        self.decisions: dict[str, DecisionRecord] = {}
        self.recovery_point: RecoveryPoint | None = None
        self.intrusion_began: datetime | None = None
        self.answers = self._first_answers()
        self.health: dict[str, HealthRecord] = {}
        self.roster = Roster(self.plan)
        self.takeovers: dict[str, str] = {}
        self.affected: dict[str, list[str]] = {}
        self.system_facts: dict[str, dict[str, Any]] = {}
        self.found_wrong: dict[str, FoundWrong] = {}
        self.changed_at: dict[str, datetime] = {}
        self.exposed_first: dict[str, Exposed] = {}
        self.exposed_last: dict[str, Exposed] = {}
        self.exposed_at: datetime | None = None
        self.ledgers: dict[str, Ledger] = {}
        self.deviations: list[Deviation] = []
        self.lacks = frozenset[str]()
        self.took: dict[tuple[str, str], Took] = {}
        self.audiences = frozenset[str]()
        self.runner: RunnerRecord | None = None
        self.continued: Continued | None = None
        self.actors = {first.actor: 1}
        self.review = Review()
        self.team = Team()
        self.notes = 0
        self.last_note: tuple[datetime, str] | None = None
        self.closed_at: datetime | None = None
        self.closing_words, self.left_open = "", list[str]()
        self.closing_words_derived = False
        self.in_force: dict[tuple[str, str], InForce] = {}
        self.seq, self.head, self.last_at = first.seq, first.hash, first.at
        self.history = [first] if self.kind is Kind.TABLETOP else None
        self.rewound: list[Rewound] = []

    def ledger(self, system: str) -> Ledger:
        """Return the evidence on a system's newest commits and recoveries."""
        return self.ledgers.setdefault(system, Ledger())

    def newest_known(self, system: str) -> Known | None:
        """Return the newest commit of a system since its last recovery; in a tabletop, the start of the disruption."""
        known = self.ledger(system).known
        scripted = self.kind is Kind.TABLETOP and not self.ledger(system).recoveries
        return known or (Known(at=self.began_at, source="the script", exact=True) if scripted else None)

    def loss(self, system: str) -> Loss | None:
        """Return what a system lost; None where no recovery was measured."""
        ledger = self.ledgers.get(system)
        return ledger.loss(self.began_at, scripted=self.kind is Kind.TABLETOP) if ledger else None

    @property
    def severity(self) -> str:
        """The severity as last decided."""
        decided = self.decisions.get("severity")
        return decided.answer if decided else self.declared_severity

    def _first_answers(self) -> dict[str, str]:
        scenario = self.plan.scenarios.get(self.scenario)
        affected = ",".join(scenario.systems) if scenario else ""
        return {"scenario": self.scenario} | ({AFFECTED: affected} if affected else {})

    def state(self, step_id: str) -> StepState:
        """Return the state of a step."""
        known = self._known(step_id)
        if known is not None:
            return known
        return StepState.WAITING if self.unmet(self.plan.by_id[step_id]) else StepState.READY

    def _known(self, step_id: str) -> StepState | None:
        """Return a step's state without looking at what it needs; None where it is ready or waiting.

        What takes back what is in force applies whatever was decided since that was put there.
        """
        record = self.steps[step_id]
        nothing_done = record.state is None or record.state.by_evidence
        step = self.plan.by_id[step_id]
        if nothing_done and applies(step, self.answers) is False and not self.takes_back(step.action):
            return StepState.NOT_APPLICABLE
        if nothing_done and not self.can_be_done(step):
            return StepState.NOT_APPLICABLE
        return record.state

    def can_be_done(self, step: Step) -> bool:
        """Return whether the inventory has the channels, or the optional system, that a step is for; or it ran.

        That it was asked what it would do, or was refused, is no run.
        """
        told = not step.audience or step.audience in self.audiences
        ran = (self.runs[run] for run in self.steps[step.id].runs)
        return (told and self.roster.has(step.system)) or any(
            run.changes_step and run.state is not RunState.REFUSED for run in ran
        )

    def settled(self, step_id: str) -> bool:
        """Return whether steps that need this one may begin. It does not look at what this one needs."""
        known = self._known(step_id)
        return known is not None and known.settled

    def unmet(self, step: Step) -> list[str]:
        """Return the ids of the steps that must come before ``step`` and are not settled."""
        return [needed for needed in step.needs if not self.settled(needed)]

    def states(self) -> dict[str, StepState]:
        """Return every step's state, in the order of the plan."""
        return {step_id: self.state(step_id) for step_id in self.steps}

    def in_state(self, *states: StepState) -> Iterator[Step]:
        """Yield the steps that are in one of ``states``, in the order of the plan."""
        return (step for step in self.plan.steps() if self.state(step.id) in states)

    @property
    def phase(self) -> Phase:
        """The first phase that holds an unsettled step of the recovery itself, not of what goes on beside it.

        Where only the latter is left, the first phase that holds any of it; the last one when all are settled.
        """
        steps = self.open_steps()
        first = next((step for step in steps if not step.beside), next(iter(steps), None))
        return self.phase_of(first) if first else self.plan.phases[-1]

    def phase_settled(self, phase: Phase) -> bool:
        """Return whether every step of ``phase`` that is not optional is settled."""
        return all(self.settled(step.id) for section in phase.sections for step in section.steps if not step.optional)

    def last_run(self, step_id: str, system: str = "") -> Run | None:
        """Return the step's latest run that is no dry run and no look; ``system`` leaves out runs at others."""
        return next((run for run in self._latest(step_id) if not system or run.system in ("", system)), None)

    def last_begun(self, step_id: str) -> Run | None:
        """Return the step's latest run that was not refused: what is known of the step comes from it."""
        return next((run for run in self._latest(step_id) if run.state is not RunState.REFUSED), None)

    def last_result(self, step_id: str, system: str = "") -> RunState | None:
        """Return the state of the step's last run that succeeded or failed; None where there is none.

        ``system`` leaves out the runs at other systems.
        """
        states = (run.state for run in self._latest(step_id) if not system or run.system in ("", system))
        return next((state for state in states if state in (RunState.SUCCEEDED, RunState.FAILED)), None)

    def failed_again(self, step_id: str) -> bool:
        """Return whether the step's last two runs at one system failed, so that another run is unlikely to help."""
        each = self.steps[step_id].each
        at = {run.system for run in self._latest(step_id)}
        stuck = [name for name in at if not each or (name in each and each[name].state is StepState.FAILED)]
        lasts = ([run.state for run in self._latest(step_id) if run.system == name][:2] for name in stuck)
        return any(last == [RunState.FAILED] * 2 for last in lasts)

    def _latest(self, step_id: str) -> Iterator[Run]:
        """Yield the step's runs that are no dry run and no look, the latest first."""
        runs = (self.runs[run] for run in reversed(self.steps[step_id].runs))
        return (run for run in runs if run.changes_step)

    def unanswered(self) -> list[Run]:
        """Return the runs that were requested and neither started nor refused."""
        return [run for run in self.runs.values() if run.state is RunState.REQUESTED]

    def unfinished(self) -> list[Run]:
        """Return the runs that started and have no end in the journal."""
        return [run for run in self.runs.values() if run.state in (RunState.RUNNING, RunState.CANCELLING)]

    def in_doubt(self) -> list[Run]:
        """Return the runs in doubt that nobody has settled yet."""
        return [run for run in self.runs.values() if run.state is RunState.IN_DOUBT and not run.verdict]

    def is_required(self, step: Step) -> bool:
        """Return whether leaving a step out leaves the recovery open: neither it nor its phase is optional.

        What takes back something that is in force (a pause) is not optional.
        """
        if self.phase_of(step).optional:
            return False
        return not step.optional or bool(step.action and self.takes_back(step.action))

    def in_turn(self, step: Step) -> bool:
        """Return whether a step is ready, and what it is proposed after is settled."""
        return self.state(step.id) is StepState.READY and all(self.settled(other) for other in step.after)

    def open_steps(self) -> list[Step]:
        """Return the steps that leave the recovery open: required and not settled, in the order of the plan."""
        return [step for step in self.plan.steps() if self.is_required(step) and not self.settled(step.id)]

    def takes_back(self, action: str, system: str = "") -> bool:
        """Return whether ``action`` takes back something that is still in force; at ``system``, where one is named."""
        runs = [run for held in self.in_force.values() if held.undone_by == action for run in held.runs]
        return any(not system or self.runs[run].system in ("", system) for run in runs)

    @property
    def outcome(self) -> str:
        """The outcome of the incident in words: "completed" only if every step was done without deviation."""
        doubt = bool(self.in_doubt())
        if self.closed_at is None:
            return "open"
        if doubt:
            return "closed with steps in doubt"
        if left := self.open_steps():
            return f"closed with {count(len(left), 'open step')}"
        return "completed with deviations" if self.deviations or self.left_open else "completed"

    def phase_of(self, step: Step) -> Phase:
        """Return the phase a step belongs to."""
        return self.plan.phase_of[step.id]

"""A tabletop played by a test: the demo's own host, and a player who does what the test says."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from actions.registry import catalogue
from actions.tabletop import Table
from cleo_console.demo import DemoServices
from journal.commands.declare import Declaration
from journal.events.envelope import Clock
from journal.events.types import Kind, Override
from journal.exercise.assessment import Assessment, assess
from journal.exercise.script import Exercise, exercise_from_data
from journal.incident.fold import apply_event, fold_events
from journal.incident.records import Run, StepState
from journal.incident.state import Incident
from journal.incident.suggestion import beginning
from journal.paths import IncidentPlace
from journal.plan.model import Step
from journal.store.journal import Reader
from tests.actions.worlds import Person

SPEED = 1e6
_ORDER = ("order", "sound-data", "hold", "smallest-cure", "one-writer", "fenced")
_ELSEWHERE = {"postgres.promote": "-db2"}
"""Whom the target names where it is not the system's usual machine."""


class Player(Person):
    """Does steps by their id; ``answers`` are given to decisions."""

    table: Table
    answers: Mapping[str, str] = {}
    known: Incident | None = None

    def incident(self) -> Incident:
        """Return the state as the journal has it now; only what is new is read."""
        with Reader(self.place.journal) as reader:
            if self.known is None:
                self.known = fold_events(reader.events())
            for event in reader.events(after=self.known.seq):
                apply_event(self.known, event)
        return self.known

    def status(self, system: str) -> str:
        """Return a system's health as the journal last had it."""
        found = self.incident().health.get(system)
        return found.status if found else "not measured"

    def wait(self, seconds: float) -> None:
        """Let so much of the exercise's time pass: the players talk."""
        self.table.pass_time(seconds)

    def do(self, step_id: str, **params: Any) -> Run | None:
        """Do a step as the plan has it: answer, mark done, or run and wait for its end."""
        step = self.incident().plan.by_id[step_id]
        if step.decision:
            self.desk.decide(step_id, self._answer(step), "as the evidence says")
        elif step.action:
            return self.run(step, params)
        else:
            self.desk.mark_done(step_id, "done")
        return None

    def run(self, step: Step, params: Mapping[str, Any], overrides: tuple[str, ...] = ()) -> Run:
        """Run a step's action to its end, whatever that is."""
        word = f"simulated-{step.action.split('.')[0]}{_ELSEWHERE.get(step.action, '')}"
        gates = [Override(gate=gate, reason="no time", target=word) for gate in overrides]
        run = self.desk.request_run(step.id, params=params, confirmed=word, overrides=gates)
        return self.over(run)  # type: ignore[no-any-return]

    def force(self, step_id: str) -> Run:
        """Run a step against every gate that yields."""
        return self.run(self.incident().plan.by_id[step_id], {}, _ORDER)

    def walk(self, until: str = "", leave_out: tuple[str, ...] = ()) -> None:
        """Do every step that applies, in the plan's order, up to and without ``until``."""
        for step in self.incident().plan.steps():
            if step.id == until:
                return
            if not self.applies(step):
                continue
            if step.id in leave_out:
                self.desk.skip(step.id, "the evidence says so")
                continue
            self.do(step.id)
            self._note_failure(step)

    def applies(self, step: Step) -> bool:
        """Return whether a step is required, applies and is not done yet."""
        incident = self.incident()
        if step.optional or incident.phase_of(step).optional:
            return False
        return incident.state(step.id) is not StepState.NOT_APPLICABLE and not incident.settled(step.id)

    def ready(self) -> Iterator[Step]:
        """Yield the required steps that can be done now, in the plan's order."""
        incident = self.incident()
        ready = incident.in_state(StepState.READY)
        return (step for step in ready if not step.optional and not incident.phase_of(step).optional)

    def _note_failure(self, step: Step) -> None:
        """Write down what was done by hand where an action failed."""
        if step.action and self.incident().state(step.id) is StepState.FAILED and not step.may_fail:
            self.desk.mark_done(step.id, f"looked: {self.last(step.action).summary}")

    def _answer(self, step: Step) -> str:
        assert step.decision
        incident = self.incident()
        usual = incident.plan.suggested(step.decision, incident.scenario)
        traced = beginning(incident, step.decision).answer if step.decision.kind == "instant" else ""
        return self.answers.get(step.decision.name) or usual or traced

    def before(self, seconds: float) -> str:
        """Return the instant so many seconds before the disruption, as facts and answers carry it."""
        return (self.incident().began_at - timedelta(seconds=seconds)).isoformat(timespec="seconds")

    def labels(self) -> list[str]:
        """Return the backups' labels, the newest first."""
        return sorted(exercise_from_data(self.incident().review.exercise).backups, reverse=True)

    def last(self, action: str) -> Run:
        """Return the latest run of an action."""
        return [run for run in self.incident().runs.values() if run.action == action][-1]

    def assessment(self) -> Assessment:
        """Return what the journal says of the exercise so far."""
        with Reader(self.place.journal) as reader:
            found = assess(self.incident(), reader.events())
        assert found is not None
        return found

    def missed(self) -> set[str]:
        """Return the titles of what was expected and not done."""
        return {result.title for result in self.assessment().expectations if not result.met}

    def given(self) -> set[str]:
        """Return the injects that were given."""
        return set(self.incident().review.injects)


@contextmanager
def table(scenario: str, speed: float = SPEED, own: Exercise | None = None, **answers: str) -> Iterator[Player]:
    """Play a scenario as the demo declares it, in this process. CLEO_HOME must be set."""
    with DemoServices("player@table", speed, own) as host:
        now = datetime.now(UTC).replace(microsecond=0)
        declaration = Declaration(
            title="A tabletop",
            scenario=scenario,
            severity=host.plan().scenarios[scenario].severity,
            kind=Kind.TABLETOP,
            began_at=now - timedelta(minutes=4),
            discovered_at=now - timedelta(minutes=1),
        )
        incident_id = host.declare(declaration)
        with played(host.paths.incident(incident_id)) as table_:
            player = Player(table_.place, Clock(now=table_.clock.now))
            player.answers, player.table = answers, table_
            try:
                yield player
            finally:
                player.journal.close()


@contextmanager
def played(place: IncidentPlace) -> Iterator[Table]:
    """Play an exercise in this process for the length of the block."""
    table_ = Table(place, catalogue(), actor="runner@table")
    thread = threading.Thread(target=table_.run, name="table", daemon=True)
    thread.start()
    try:
        yield table_
    finally:
        table_.stop("the test is over")
        thread.join(20)
        assert not thread.is_alive()

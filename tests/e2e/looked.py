"""What real looks say of one store that a fault befell, and a follower who decides by the looks of several stores.

The looks over all systems are those of each, one after the other (`actions.overview`): so what they say of two faults
is what they say of each, put together. Only what follows from looks is seen that way; nothing is restored.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from actions.backups.verify import verify
from actions.inventory import known_systems, load_inventory
from actions.outcome import ActionFailed, GateClosed, Outcome
from actions.overview.damage import damage_report
from actions.overview.health_check import health_check
from actions.overview.status import status_check
from actions.positions import position_forms
from actions.registry import registry
from cleo_console.lab import Lab
from journal.commands.incident import IncidentCommands
from journal.events import types as e
from journal.events.measured import Measured
from journal.events.run import KnownSystem
from journal.incident.fold import fold_events
from journal.incident.instances import left
from journal.incident.proposals import Decided, Proposal
from journal.plan.model import Step
from journal.store.journal import Journal, Reader
from tests.actions.contexts import FakeContext
from tests.e2e.follower import ACTOR, Follower

HELD = "backups.hold"
"""Answered as done: it changes nothing that a look sees."""


class Looks(NamedTuple):
    """What each look at one store said, and a start of it where one helps at once.

    Attributes:
        known: the store, as the journal knows it.
        ends: by action, whether it did its work, and what it said.
    """

    known: KnownSystem
    ends: Mapping[str, tuple[bool, Outcome]]

    @property
    def status(self) -> str:
        """How the store was seen: ``up``, ``down``…"""
        return str(self.ends["status.check"][1].facts[self.known.name])


def look_at(lab: Lab, system: str) -> Looks:
    """Look at a lab's store as the plan does; then start it, where a look says that this helps at once."""
    inventory = load_inventory(lab.inventory_path)
    ctx = FakeContext(inventory, system=system)
    ends = {
        "status.check": _end(lambda: ctx.do(status_check)),
        "health.check": _end(lambda: ctx.do(health_check, comprehensive=True)),
        "damage.report": _end(lambda: ctx.do(damage_report)),
        "backups.verify": _end(lambda: ctx.do(verify)),
    }
    start = f"{system}.start"
    if any(cure.action == start for _, said in ends.values() for cure in said.cures):
        ends[start] = _end(lambda: ctx.do(registry()[start]))
    known = next(one for one in known_systems(inventory, [system]) if one.name == system)
    return Looks(known, ends)


def _end(run: Callable[[], Outcome]) -> tuple[bool, Outcome]:
    """Return how a run ended, as a runner would write it down."""
    try:
        outcome = run()
    except (ActionFailed, GateClosed) as error:
        facts = error.facts if isinstance(error, ActionFailed) else {}
        findings = error.findings if isinstance(error, ActionFailed) else []
        return False, Outcome(ok=False, summary=str(error), facts=facts, findings=findings, cures=list(error.cures))
    return outcome.ok, outcome


class Decider(Follower):
    """Follows NEXT through looks and decisions, until something is to be done to a store that no look can answer.

    Attributes:
        comes_to: the step at which it stopped; None: it was led to none.
        proposed: by decision, what was proposed for it first, before people said what they know.
    """

    def __init__(self, stores: Mapping[str, Looks], home: Path, scenario: str, **known: object) -> None:
        home.mkdir(parents=True)
        inventory = home / "inventory.yaml"
        inventory.write_text("name: looked at before\nlab: true\nallows: [LAB]\nsystems: {}\n")
        super().__init__(inventory, home, scenario, **known)  # type: ignore[arg-type]
        self._stores = stores
        self.comes_to: Step | None = None
        self.proposed: dict[str, str] = {}

    @contextmanager
    def at_work(self) -> Iterator[Decider]:
        """Have a journal open in which the stores and their health are told."""
        with Journal.open(self.place.journal, actor=ACTOR) as journal, Reader(self.place.journal) as self._reader:
            self._incident, self._journal = fold_events(self._reader.events()), journal
            self.commands = IncidentCommands(journal, lambda: self.incident, position_forms)
            systems = [looks.known for looks in self._stores.values()]
            journal.append(e.InventoryRead(path="inventory.yaml", sha256="0" * 64, systems=systems))
            for name, looks in self._stores.items():
                self._seen(name, looks.status)
            yield self

    def decide_everything(self) -> None:
        """Follow NEXT as far as looks and decisions lead."""
        self.follow(over=lambda now: self.comes_to)

    def _decided(self, one: Proposal) -> Decided:
        self.proposed.setdefault(one.decision.name, one.answer)
        return super()._decided(one)

    def _seen(self, system: str, status: str) -> None:
        facts = self._stores[system].ends["health.check"][1].facts.get(system, {})
        last = Measured.of(facts) if status == "up" else None
        self._journal.append(e.HealthChanged(system=system, status=status, was="not measured", last=last))

    def _run(self, step: Step) -> None:
        for system in left(self.incident, step) or [""]:
            found = self._ends(step.action, system)
            if not found:
                self.comes_to = step
                return
            run = self.commands.request_run(step.id, system=system)
            self._journal.append(e.ActionStarted(step=step.id, run=run, action=step.action, system=system))
            self._journal.append(_together(step, run, found))
            if step.action.endswith(".start") and found[0][0]:
                self._seen(system, "up")

    def _ends(self, action: str, system: str) -> list[tuple[bool, Outcome]]:
        if action == HELD:
            return [(True, Outcome(ok=True, summary="held"))]
        stores = [self._stores[system]] if system else list(self._stores.values())
        return [looks.ends[action] for looks in stores if action in looks.ends]


def _together(step: Step, run: int, ends: list[tuple[bool, Outcome]]) -> e.ActionFinished:
    """Return what looks at several stores say as one: what each says, one after the other, as the looks do it."""
    said = [outcome for _, outcome in ends]
    return e.ActionFinished(
        step=step.id,
        run=run,
        status="succeeded" if all(ok for ok, _ in ends) else "failed",
        summary=" ".join(one.summary for one in said),
        facts={name: value for one in said for name, value in one.facts.items()},
        findings=[finding for one in said for finding in one.findings],
        cures=[cure for one in said for cure in one.cures],
        settles=[settled for one in said for settled in one.settles],
        partial="; ".join(filter(None, (one.partial for one in said))),
        examined=[name for one in said for name in one.examined],
    )

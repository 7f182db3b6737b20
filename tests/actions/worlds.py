"""A runner's surroundings for tests: a real journal, a real runner in a thread, actions that the test brings."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from actions.action import Action
from actions.inventory import Inventory
from actions.positions import position_forms
from actions.runner import Runner, World
from actions.transport import LocalHost, open_transport
from journal.commands.declare import Declaration, declare
from journal.commands.incident import IncidentCommands
from journal.events.envelope import Clock
from journal.events.types import Kind
from journal.incident.fold import fold_journal
from journal.incident.state import Incident
from journal.paths import IncidentPlace, Paths
from journal.plan.load import load_plan
from journal.store.journal import Journal, Reader
from tests.opened import closed_with_the_test

DEADLINE_S = 20.0

PLAN: dict[str, Any] = {
    "title": "A plan for tests",
    "version": "1",
    "objectives": {
        "rto": {"critical": {"title": "Critical", "rto": "1 h", "validated_by": ["verify"]}},
        "rpo": {"database": {"title": "Database", "rpo": "15 min"}},
    },
    "systems": {"thing": {"title": "Thing", "tier": "critical", "data": "database"}},
    "scenarios": {
        "loss": {"title": "Loss", "impact": "all", "likelihood": "low", "severity": "high", "systems": ["thing"]},
        "corruption": {
            "title": "Corruption",
            "impact": "all",
            "likelihood": "low",
            "severity": "critical",
            "systems": ["thing"],
            "refuses": {"recovery_point": ["latest"]},
        },
    },
    "strategies": {"cold": {"title": "Cold recovery"}},
    "phases": [
        {
            "id": "one",
            "title": "One",
            "window": {"start": "0 min", "end": "15 min"},
            "sections": [
                {
                    "title": "Work",
                    "steps": [
                        {
                            "id": "point",
                            "title": "Choose a recovery point",
                            "decision": {"name": "recovery_point", "question": "To when?", "kind": "recovery-point"},
                        },
                        {"id": "tell", "title": "Tell people", "items": ["page", "phone"]},
                        {"id": "work", "title": "Work", "action": "thing.work", "system": "thing"},
                        {"id": "other", "title": "Other work", "action": "thing.other"},
                        {"id": "break", "title": "Replace the thing", "action": "thing.replace", "system": "thing"},
                        {
                            "id": "verify",
                            "title": "Verify",
                            "action": "thing.verify",
                            "needs": ["work"],
                            "system": "thing",
                        },
                        {
                            "id": "shell",
                            "title": "Say hello",
                            "command": ["sh", "-c", "echo hello; exit 3"],
                            "host": "here",
                        },
                        {"id": "promised", "title": "Fly", "action": "thing.fly"},
                    ],
                }
            ],
        }
    ],
}


def plan_with(step: Mapping[str, Any]) -> dict[str, Any]:
    """Return the plan for tests with one step more."""
    (phase,) = PLAN["phases"]
    (section,) = phase["sections"]
    return {**PLAN, "phases": [{**phase, "sections": [{**section, "steps": [*section["steps"], step]}]}]}


def places_in(folder: Path) -> Paths:
    """Return places below ``folder``."""
    return Paths(incidents=folder / "incidents", locks=folder / "locks")


def declared(
    places: Paths,
    *,
    kind: Kind = Kind.LAB,
    scenario: str = "loss",
    plan: Mapping[str, Any] | None = None,
    inventory: str = "",
) -> IncidentPlace:
    """Declare an incident on the plan for tests; its runner reads the inventory's file, where one is named."""
    data = dict(plan or PLAN)
    now = datetime.now(UTC)
    declaration = Declaration(
        title="It broke", scenario=scenario, severity="SEV1", kind=kind, began_at=now, discovered_at=now
    )
    file = places.incidents.parent / "plan.yaml"
    file.write_text(json.dumps(data), encoding="utf-8")
    return declare(places, load_plan(file), declaration, actor="tester@here", inventory=inventory)


def inventory(*, lab: bool = True, allows: list[Kind] | None = None) -> Inventory:
    """Return an inventory with this machine and no systems."""
    return Inventory(name="tests", lab=lab, allows=allows or [Kind.LAB], hosts={"here": LocalHost()})


def world(places: Paths, *actions: Action, inventory_: Inventory | None = None) -> World:
    """Return a world of ``actions``."""
    registry = {action.spec.name: action for action in actions}
    catalogue = {name: action.spec for name, action in registry.items()}
    return World(
        registry=registry,
        catalogue=catalogue,
        inventory=inventory_ or inventory(),
        open_transport=open_transport,
        locks=places.locks,
    )


class Person:
    """Somebody at a desk, who sees the journal, which is closed with the test."""

    def __init__(self, place: IncidentPlace, clock: Clock | None = None) -> None:
        self.place = place
        self.journal = closed_with_the_test(Journal.open(place.journal, actor="tester@here", clock=clock))
        self.desk = IncidentCommands(self.journal, self.incident, position_forms)

    def incident(self) -> Incident:
        """Return the state as the journal has it now."""
        return fold_journal(self.place.journal)

    def until(self, wanted: Callable[[Incident], object], deadline_s: float = DEADLINE_S) -> Incident:
        """Return the first state that is ``wanted``."""
        deadline = time.monotonic() + deadline_s
        while time.monotonic() < deadline:
            incident = self.incident()
            if wanted(incident):
                return incident
            time.sleep(0.02)  # between two looks, not instead of one
        raise AssertionError(f"not reached in {deadline_s} s; runs: {list(self.incident().runs.values())}")

    def output(self, run: int) -> list[str]:
        """Return what a run printed."""
        with Reader(self.place.journal) as reader:
            return [line.text for line in reader.output(run)]

    def over(self, run: int) -> Any:
        """Wait for the end of a run and return it."""
        return self.until(lambda i: run in i.runs and i.runs[run].state.over).runs[run]


@contextmanager
def running(place: IncidentPlace, world_: World, **more: Any) -> Iterator[Runner]:
    """Host a runner in a thread for the length of the block."""
    runner = Runner(place, world_, actor="runner@here", **more)
    thread = threading.Thread(target=runner.run, daemon=True)
    thread.start()
    try:
        yield runner
    finally:
        runner.stop()
        thread.join(DEADLINE_S)
        assert not thread.is_alive()

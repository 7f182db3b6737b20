"""An incident to work in: declared on a small plan, asked of by a person, executed by the real runner."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

from actions.runner import Runner, World
from actions.runner.inventory_watch import InventoryWatch
from cleo_console.world import inventory_at, real_world
from journal.commands.declare import Declaration, declare
from journal.commands.incident import IncidentCommands
from journal.events.types import Kind, Override
from journal.incident.closing import phrase, remaining
from journal.incident.fold import apply_event, fold_events
from journal.incident.records import Run
from journal.incident.state import Incident
from journal.paths import IncidentPlace, Paths
from journal.plan.load import load_plan
from journal.store.journal import Journal, Reader

ACTOR = "tester@contract"
DEADLINE_S = 120.0
GATES = ("order", "strategy", "smallest-cure", "hold", "one-writer", "space", "sound-data")
"""The gates that yield to a reason: the kit asks whether an action keeps its word, not whether its gates are right."""


def _plan(system: str) -> dict[str, Any]:
    """Return a plan about one system, in which a recovery point is decided and nothing else must be done."""
    decision = {"name": "recovery_point", "question": "To when?", "kind": "recovery-point"}
    step = {"id": "point", "title": "Choose a recovery point", "decision": decision}
    verify = {"id": "verify", "title": "Look at it", "items": ["looked"]}
    loss = {"title": "Loss", "impact": "all", "likelihood": "low", "severity": "high", "systems": [system]}
    return {
        "title": "The contract",
        "version": "1",
        "objectives": {
            "rto": {"critical": {"title": "Critical", "rto": "1 h", "validated_by": ["verify"]}},
            "rpo": {"data": {"title": "Data", "rpo": "15 min"}},
        },
        "systems": {system: {"title": system, "tier": "critical", "data": "data"}},
        "scenarios": {"loss": loss},
        "strategies": {"cold": {"title": "Cold recovery"}},
        "phases": [
            {
                "id": "one",
                "title": "One",
                "window": {"start": "0 min", "end": "15 min"},
                "sections": [{"title": "Work", "steps": [step, verify]}],
            }
        ],
    }


class Work:
    """One open LAB incident about one system, and a person who works in it.

    Args:
        home: where journals and claims lie.
        inventory: the inventory file.
        system: the system, as the inventory calls it.
    """

    def __init__(self, home: Path, inventory: Path, system: str) -> None:
        self.home = home
        self.inventory = inventory
        self.system = system
        home.mkdir(parents=True, exist_ok=True)
        self.paths = Paths(incidents=home / "incidents", locks=home / "locks", inventory=inventory)
        self.place: IncidentPlace = self._declare()
        self._known: Incident | None = None
        self._reading = threading.Lock()
        self._open()
        self.desk.decide("point", "latest", "the contract wants it")

    def _open(self) -> None:
        self.journal = Journal.open(self.place.journal, actor=ACTOR)
        self.desk = IncidentCommands(self.journal, self.incident)

    @contextmanager
    def set_down(self) -> Iterator[None]:
        """Have the journal open nowhere in this process for the length of the block."""
        self.journal.close()
        try:
            yield
        finally:
            self._open()

    def _declare(self) -> IncidentPlace:
        file = self.home / "plan.yaml"
        file.write_text(json.dumps(_plan(self.system)), encoding="utf-8")
        now = datetime.now(UTC)
        declaration = Declaration(
            title="The contract", scenario="loss", severity="SEV1", kind=Kind.LAB, began_at=now, discovered_at=now
        )
        return declare(self.paths, load_plan(file), declaration, actor=ACTOR)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Close the incident, whatever is not in order, so that it claims nothing any more."""
        with self.runner():
            for _attempt in range(20):  # what is not in order may change under the words
                try:
                    self.desk.close("over", phrase(remaining(self.incident())))
                    break
                except Exception as error:  # noqa: BLE001  # whatever it is, it is shown where nothing helps
                    refused = error
            else:
                raise refused
        self.journal.close()

    def incident(self) -> Incident:
        """Return the incident as the journal has it now; only what is new is read."""
        with self._reading, Reader(self.place.journal) as reader:
            if self._known is None:
                self._known = fold_events(reader.events())
            for event in reader.events(after=self._known.seq):
                apply_event(self._known, event)
            return self._known

    def until(self, wanted: Callable[[Incident], object], alive: Callable[[], bool] = lambda: True) -> Incident:
        """Return the first state that is wanted, or the state in which the runner died.

        Raises:
            AssertionError: it does not come to that.
        """
        end = time.monotonic() + DEADLINE_S
        while True:
            lives = alive()
            incident = self.incident()
            if wanted(incident) or not lives:
                return incident
            if time.monotonic() > end:
                raise AssertionError(f"not reached in {DEADLINE_S:.0f} s: {list(incident.runs.values())[-1]}")
            time.sleep(0.03)  # between two looks

    @contextmanager
    def runner(self, change: Callable[[World], World] = lambda world: world) -> Iterator[Runner]:
        """The real runner at work, in a thread, for the length of the block.

        Args:
            change: returns the world that it works on, from the real one.
        """
        watch = InventoryWatch(self.inventory, lambda: change(real_world(inventory_at(self.inventory), self.paths)))
        at_work = Runner(self.place, watch.first(), actor="runner@contract", watch=watch)
        thread = threading.Thread(target=at_work.run, daemon=True)
        thread.start()
        try:
            yield at_work
        finally:
            at_work.stop()
            thread.join(DEADLINE_S)

    def ask(
        self, action: str, *, confirmed: str = "", gates: Sequence[str] = GATES, dry_run: bool = False, **params: Any
    ) -> int:
        """Ask for an action, with every gate passed that yields to a person's word; return the run's id."""
        overrides = [Override(gate=gate, reason="contract", target=confirmed) for gate in gates]
        if dry_run:
            overrides = []
        known = self.until(lambda incident: incident.roster.systems).roster.systems
        acts = known[self.system].acts if self.system in known else []
        return self.desk.request_action(
            action,
            params,
            system=self.system if action.partition(".")[0] in acts else "",
            dry_run=dry_run,
            confirmed=confirmed,
            overrides=overrides,
        )

    def over(self, run: int, alive: Callable[[], bool] = lambda: True) -> Run:
        """Wait for the end of a run, or of its runner, and return it."""
        return self.until(lambda incident: incident.runs[run].state.over, alive).runs[run]

    def do(self, action: str, **asked: Any) -> Run:
        """Ask for an action, and wait for its end."""
        return self.over(self.ask(action, **asked))

    def output(self, run: int) -> str:
        """Return what a run printed."""
        with Reader(self.place.journal) as reader:
            return "\n".join(line.text for line in reader.output(run))

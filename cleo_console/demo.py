"""The demo: tabletop incidents in a folder of their own, with runner and facilitator inside this process."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import NamedTuple, Self

import msgspec

from actions.runner import Runner
from actions.tabletop import Facilitator, SimulatedWorld, playable, tabletop_world
from cleo_console.app_services import ConsoleServices
from cleo_console.exercises import load_exercise, with_labels
from cleo_console.settings import home, runner_actor
from journal.commands.declare import Declaration
from journal.events.types import ExerciseBegan, Kind
from journal.exercise.script import Exercise, exercise_from_data
from journal.incident.fold import fold_events
from journal.paths import Paths
from journal.plan.action_spec import Catalogue
from journal.store.journal import Journal, Reader

_LEAVE_WITHIN_S = 5.0


class _Table(NamedTuple):
    """What keeps one tabletop going."""

    runner: Runner
    thread: threading.Thread
    facilitator: Facilitator


class DemoServices(ConsoleServices):
    """Hosts tabletops. Use it as a context manager: leaving ends the runners it started.

    Args:
        actor: who sits here.
        speed: how many times faster than life.
    """

    def __init__(self, actor: str, speed: float) -> None:
        folder = home() / "demo"
        super().__init__(Paths(incidents=folder / "incidents", locks=folder / "locks"), actor)
        self._speed = speed
        self._tables: dict[str, _Table] = {}

    def kinds(self) -> Sequence[Kind]:
        """Return the one kind there is here."""
        return [Kind.TABLETOP]

    def catalogue(self) -> Catalogue:
        """Return the actions as they can be played here: the screens offer to run what the simulated world performs."""
        return playable(super().catalogue())

    def inventory_name(self) -> str:
        """Return what stands in for an inventory."""
        return "tabletop"

    def declare(self, declaration: Declaration) -> str:
        """Declare a tabletop: its exercise is on the journal's second page."""
        script = self._at_speed(with_labels(load_exercise(declaration.scenario), declaration.began_at))
        incident_id = super().declare(declaration)
        place = self.paths.incident(incident_id)
        with Journal.open(place.journal, actor=_facilitator()) as journal:
            journal.append(ExerciseBegan(exercise=msgspec.to_builtins(script)))
        return incident_id

    def ensure_runner(self, incident_id: str) -> None:
        """Start the incident's runner and facilitator in this process, if none is at work.

        Raises:
            LeaseHeld: another process plays this tabletop.
        """
        if self.runner_alive(incident_id):
            return
        if incident_id in self._tables:
            self._tables.pop(incident_id).facilitator.stop()
        place = self.paths.incident(incident_id)
        simulated = SimulatedWorld(self._exercise(incident_id), self._speed, self.plan().systems)
        world = tabletop_world(simulated, self.catalogue())
        runner = Runner(place, world, actor=runner_actor())
        facilitator = Facilitator(place, simulated, _facilitator())
        thread = threading.Thread(target=runner.run, name="tabletop-runner", daemon=True)
        self._tables[incident_id] = _Table(runner, thread, facilitator)
        facilitator.start()
        thread.start()

    def _at_speed(self, script: Exercise) -> Exercise:
        """Return the script with a note on the demo's speed, which the RTO in a report depends on."""
        if self._speed == 1:
            return script
        words = f"Actions went {self._speed:g} times faster than in life, and injects came so; the clocks did not."
        return msgspec.structs.replace(script, situation=f"{script.situation} {words}".strip())

    def _exercise(self, incident_id: str) -> Exercise:
        """Return the script that the journal carries; a tabletop of an older program has none."""
        with Reader(self.paths.incident(incident_id).journal) as reader:
            incident = fold_events(reader.events())
        if incident.review.exercise:
            return exercise_from_data(incident.review.exercise)
        return with_labels(load_exercise(incident.scenario), incident.began_at)

    def runner_alive(self, incident_id: str) -> bool:
        """Return whether this process hosts the incident's runner."""
        found = self._tables.get(incident_id)
        return found is not None and found.thread.is_alive()

    def way_back(self, incident_id: str, *, plain: bool = False) -> str:
        """Return the command that opens a tabletop again, in the full screen or in plain lines."""
        return f"cleo demo {'--plain ' if plain else ''}--open {incident_id}"

    @property
    def runner_outlives(self) -> bool:
        """Whether runners go on without the console: these live in this process."""
        return False

    def warnings(self) -> Sequence[str]:
        """Return nothing: no real system is in reach, and nothing outlives the demo."""
        return []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for table in self._tables.values():
            table.runner.stop("the demo was left")
        for table in self._tables.values():
            table.thread.join(_LEAVE_WITHIN_S)
            table.facilitator.stop()


def _facilitator() -> str:
    return f"facilitator@{runner_actor().partition('@')[2]}"

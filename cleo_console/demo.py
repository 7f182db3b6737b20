"""The demo: tabletop incidents in a folder of their own. Each is played by a runner process that consoles join."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Self

import msgspec

from actions.tabletop import playable
from actions.tabletop.seats import Seat
from cleo_console.app_services import ConsoleServices
from cleo_console.exercises import load_exercise, with_labels
from cleo_console.settings import demo_paths, facilitator_actor, plan_file
from journal.commands.declare import Declaration
from journal.events.envelope import Clock
from journal.events.types import ExerciseBegan, Kind
from journal.exercise.clock import ExerciseClock
from journal.exercise.script import Exercise
from journal.plan.action_spec import Catalogue
from journal.store.journal import Journal


class DemoServices(ConsoleServices):
    """Opens tabletops. Use it as a context manager: leaving gives up the seats at their tables.

    Args:
        actor: who sits here.
        speed: how many times faster than life the time that actions take passes, in what is declared here.
        own: a team's own exercise, played where its scenario is declared; None: the bundled ones.
    """

    def __init__(self, actor: str, speed: float, own: Exercise | None = None) -> None:
        plan = plan_file() if own else None  # the bundled exercises are about the bundled plan
        super().__init__(msgspec.structs.replace(demo_paths(), plan=plan), actor)
        self._speed = speed
        self._own = own
        self._seats: dict[str, Seat] = {}
        self._clock: ExerciseClock | None = None

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
        script = self._at_speed(with_labels(self.exercise(declaration.scenario), declaration.began_at))
        incident_id = super().declare(declaration)
        place = self.paths.incident(incident_id)
        with Journal.open(place.journal, actor=facilitator_actor()) as journal:
            journal.append(ExerciseBegan(exercise=msgspec.to_builtins(script)))
        return incident_id

    def exercise(self, scenario: str) -> Exercise:
        """Return the exercise that is played where a scenario is declared here."""
        own = self._own
        return own if own and own.scenario == scenario else load_exercise(scenario)

    def open(self, incident_id: str, waiting: Callable[[str], None] = lambda holder: None) -> Journal:
        """Sit down at a table, and open its journal for writing: what is written carries the exercise's time."""
        folder = self.place(incident_id).folder
        self._clock = ExerciseClock(folder)
        if incident_id not in self._seats:
            self._seats[incident_id] = Seat(folder)
        return super().open(incident_id, waiting)

    def now(self) -> datetime:
        """Return the time at the table that was opened last."""
        return self._clock.now() if self._clock else datetime.now(UTC)

    def _clock_of(self, incident_id: str) -> Clock:
        return Clock(now=ExerciseClock(self.paths.incident(incident_id).folder).now)

    def _at_speed(self, script: Exercise) -> Exercise:
        """Return the script with the demo's speed, and a note on it."""
        if self._speed == 1:
            return script
        words = f"While an action ran, every clock went {self._speed:g} times faster than in life; else as in life."
        said = f"{script.situation} {words}".strip()
        return msgspec.structs.replace(script, situation=said, speed=self._speed)

    def way_back(self, incident_id: str, *, plain: bool = False) -> str:
        """Return the command that opens a tabletop again, in the full screen or in plain lines."""
        return f"cleo demo {'--plain ' if plain else ''}--open {incident_id}"

    def warnings(self) -> Sequence[str]:
        """Return nothing: no real system is in reach."""
        return []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        while self._seats:
            self._seats.popitem()[1].leave()

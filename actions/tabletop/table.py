"""One exercise being played: simulated world, runner, facilitator and the clock that they share."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from actions.runner import Runner
from actions.tabletop.clock import TableClock
from actions.tabletop.facilitator import Facilitator
from actions.tabletop.seats import nobody_sits_at
from actions.tabletop.world import SimulatedWorld, tabletop_world
from journal.exercise.script import exercise_from_data
from journal.incident.fold import fold_journal
from journal.paths import IncidentPlace
from journal.plan.action_spec import Catalogue

LEFT_AFTER_S = 10.0
"""Real seconds for which a table waits for somebody to come back before its exercise stands still."""
LEFT_PAUSED_AFTER_S = 3600.0
"""The same where the clock was stopped while something ran, which is in doubt when somebody comes back later."""
_LOOK_EVERY_S = 1.0


class Table:
    """Plays the exercise in an incident's journal until that is closed or ``stop`` is called.

    Args:
        place: the incident's folder.
        catalogue: every action there is, real or planned.
        actor: in whose name the runner writes; ``runner@host``.
        on_fault: told what keeps it from writing, and an empty text once it can again.

    Raises:
        LeaseHeld: another process plays it.
        JournalError: the journal cannot be opened, or its script cannot be read.
    """

    def __init__(
        self,
        place: IncidentPlace,
        catalogue: Catalogue,
        *,
        actor: str,
        on_fault: Callable[[str], None] = lambda text: None,
    ) -> None:
        incident = fold_journal(place.journal)
        exercise = exercise_from_data(incident.review.exercise)
        self.clock = TableClock(exercise.speed, incident.last_at, place.folder)
        self.world = SimulatedWorld(exercise, self.clock, incident.plan.systems)
        self.place = place
        self._over = threading.Event()
        self._runner = Runner(place, tabletop_world(self.world, catalogue), actor=actor, on_fault=on_fault)
        self._facilitator = Facilitator(place, self.world, f"facilitator@{actor.partition('@')[2]}")

    def run(self) -> None:
        """Play until it is over."""
        self._facilitator.start()
        try:
            self._runner.run()
        finally:
            self._over.set()
            self._facilitator.stop()
            self.clock.stand_still()

    def settle(self) -> None:
        """Return once the world has followed the journal, and all that is due was given and taken note of."""
        self._facilitator.settle()

    def pass_time(self, seconds: float) -> None:
        """Let so many seconds of the exercise pass; returns once they have, and what was due in them was given."""
        self._facilitator.catch_up()
        self.clock.sleep(seconds)

    def stop(self, why: str) -> None:
        """End it soon; the clock then stands until it is opened again."""
        self._runner.stop(why)

    def end_when_left(self) -> None:
        """From now on, end it once nobody has been at the table for a while; what runs is played to its end first."""
        threading.Thread(target=self._watch_seats, name="seats", daemon=True).start()

    def _watch_seats(self) -> None:
        taken_at = time.monotonic()
        while not self._over.wait(_LOOK_EVERY_S):
            plays = self.clock.somebody_waits
            if (plays and not self.clock.paused) or not nobody_sits_at(self.place.folder):
                taken_at = time.monotonic()
            elif time.monotonic() - taken_at >= (LEFT_PAUSED_AFTER_S if plays else LEFT_AFTER_S):
                self.stop("nobody is at the table")

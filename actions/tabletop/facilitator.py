"""The facilitator of an exercise: derives the simulated world from the journal, and delivers the injects on time."""

from __future__ import annotations

import contextlib
import threading
from datetime import UTC, datetime

from actions.runner.durable_write import write_or_raise
from actions.tabletop.performance import MAKES
from actions.tabletop.script import fits
from actions.tabletop.world import SimulatedWorld
from journal.events import types as e
from journal.exercise.moments import live_moments
from journal.exercise.script import Inject
from journal.incident.fold import apply_event
from journal.incident.state import Incident
from journal.paths import IncidentPlace
from journal.store.journal import Journal, JournalWriteFailed, Reader

_EVERY_S = 0.1


class Facilitator:
    """Runs beside the runner, in a thread of its own, until the incident is closed or ``stop`` is called.

    Args:
        place: the incident's folder.
        world: kept up to date.
        actor: in whose name injects are given.
    """

    def __init__(self, place: IncidentPlace, world: SimulatedWorld, actor: str) -> None:
        self._world = world
        self._reader = Reader(place.journal)
        self._journal = Journal.open(place.journal, actor=actor)
        self._incident: Incident | None = None
        self._reached: dict[str, datetime] = {}
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="facilitator", daemon=True)

    def start(self) -> None:
        """Begin."""
        self.catch_up()
        self._world.follow(self.catch_up)
        self._thread.start()

    def stop(self) -> None:
        """End, and wait for it."""
        self._stop.set()
        self._thread.join(5)
        with self._lock:
            self._reader.close()
        self._journal.close()  # last: whoever writes and closes last leaves one whole file

    def catch_up(self) -> None:
        """Update the simulated world from the journal. Thread-safe; after the end of the exercise it reads nothing."""
        with self._lock:
            if self._stop.is_set():
                return
            for event in self._reader.events(after=self._incident.seq if self._incident else 0):
                if self._incident is None:
                    self._incident = Incident(event)
                else:
                    apply_event(self._incident, event)
                self._take(self._incident, event)

    def _take(self, incident: Incident, event: e.Event) -> None:
        body = event.body
        if isinstance(body, e.ActionFinished):
            self._world.become(body.facts.get(MAKES, {}))
        if isinstance(body, e.InjectGiven):
            self._world.become(next((i.makes for i in self._injects() if i.id == body.inject), {}))
        for moment in live_moments(incident, event):
            self._reached.setdefault(moment, event.at)
            for reaction in self._world.script.reactions:
                if reaction.on == moment and fits(reaction.when, self._world.facts()):
                    self._world.become(reaction.makes)

    def _run(self) -> None:
        while not self._stop.wait(_EVERY_S):
            self.catch_up()
            if self._incident is None or self._incident.closed_at:
                return
            for inject in self._injects():
                if self._due(self._incident, inject):
                    self._give(inject)

    def _give(self, inject: Inject) -> None:
        given = e.InjectGiven(inject=inject.id, text=inject.text, planned_s=inject.at_s)
        # Where the disk refuses it, it stays due, and is given once the disk takes it. The runner tells of the disk.
        with contextlib.suppress(JournalWriteFailed):
            write_or_raise(lambda: self._journal.append(given), lambda trouble: None, self._stop.is_set)

    def _injects(self) -> list[Inject]:
        return self._world.exercise.injects

    def _due(self, incident: Incident, inject: Inject) -> bool:
        if inject.id in incident.review.injects:
            return False
        since = self._reached.get(inject.after) if inject.after else incident.review.exercise_began_at
        if since is None or not fits(inject.when, self._world.facts()):
            return False
        return (datetime.now(UTC) - since).total_seconds() >= inject.at_s / self._world.speed

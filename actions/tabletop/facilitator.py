"""The facilitator of an exercise: derives the simulated world from the journal, gives injects, notes their answers."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from datetime import datetime

from actions.runner.durable_write import write_or_raise
from actions.tabletop.script import fits
from actions.tabletop.world import SimulatedWorld
from journal.events import types as e
from journal.events.envelope import Clock
from journal.exercise.script import MAKES
from journal.exercise.story import Story
from journal.incident.addressing import is_for
from journal.incident.counted import counts, rewound_by
from journal.incident.fold import apply_event, refold
from journal.incident.review import Review
from journal.incident.state import Incident
from journal.paths import IncidentPlace
from journal.store.journal import Journal, JournalWriteFailed, Reader

_EVERY_S = 0.1


class Facilitator:
    """Runs beside the runner, in a thread of its own, until the incident is closed or ``stop`` is called.

    Args:
        place: the incident's folder.
        world: kept up to date; its clock stops for every inject that is due.
        actor: in whose name injects are given.
    """

    def __init__(self, place: IncidentPlace, world: SimulatedWorld, actor: str) -> None:
        self._world = world
        self._story = Story(world.exercise)
        self._reader = Reader(place.journal)
        self._journal = Journal.open(place.journal, actor=actor, clock=Clock(now=world.clock.now))
        self._incident: Incident | None = None
        self._gone: set[str] = set()
        self._answers: dict[str, str] = {}
        self._lock, self._settling = threading.Lock(), threading.Lock()
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
        if self._thread.ident:
            self._thread.join(5)
        with self._lock:
            self._reader.close()
        self._journal.close()  # last: whoever writes and closes last leaves one whole file

    @property
    def _review(self) -> Review:
        assert self._incident, "the journal was read"
        return self._incident.review

    def catch_up(self) -> None:
        """Update the simulated world from the journal, and have the clock stop for the next inject.

        Thread-safe; after the end of the exercise it reads nothing.
        """
        with self._lock:
            if self._stop.is_set():
                return
            for event in self._reader.events(after=self._incident.seq if self._incident else 0):
                if self._incident is None:
                    self._incident = Incident(event)
                else:
                    apply_event(self._incident, event)
                self._take(self._incident, event)
            over = self._incident is None or self._incident.closed_at
            self._world.clock.pause(bool(self._incident and not over and self._incident.review.paused))
            self._world.clock.set_alarm(None if over else min((at for at, _ in self._coming()), default=None))

    def _take(self, incident: Incident, event: e.Event) -> None:
        if rewound_by(incident, event):
            self._start_again(incident)
        elif counts(incident, event):
            self._follow(incident, event)

    def _start_again(self, incident: Incident) -> None:
        """Take world, story and clock back to where the exercise was rewound to."""
        self._world.begin()
        self._story, self._gone, self._answers = Story(self._world.exercise), set(), {}
        for then, event in refold(incident.history or ()):
            self._follow(then, event)
        self._story.ask_for_nothing()
        self._world.clock.set_back(incident.last_at)

    def _follow(self, incident: Incident, event: e.Event) -> None:
        body = event.body
        if isinstance(body, e.ActionFinished):
            self._world.become(body.facts.get(MAKES, {}))
        if isinstance(body, e.InjectGiven) and body.inject in self._story.injects:
            self._world.become(self._story.injects[body.inject].makes)
        for moment in self._story.take(incident, event):
            self._note_answers(incident, event.actor, moment)
            for reaction in self._world.script.reactions:
                if reaction.on == moment and fits(reaction.when, self._world.facts()):
                    self._world.become(reaction.makes)
        self._drop_what_has_no_cause(incident)

    def _note_answers(self, incident: Incident, actor: str, moment: str) -> None:
        """Note what a moment answers: a note answers one inject, the last of those that its writer was told."""
        injects = self._story.injects
        answered = [
            name
            for name, told in incident.review.unanswered.items()
            if name not in self._answers and name in injects and moment in injects[name].answered_by
            if moment != "note" or is_for(incident, actor, told.to)
        ]
        self._answers |= dict.fromkeys(answered[-1:] if moment == "note" else answered, moment)

    def _drop_what_has_no_cause(self, incident: Incident) -> None:
        facts = self._world.facts()
        for inject in self._story.injects.values():
            if self._story.since(incident, inject) is not None and not fits(inject.lasts, facts):
                self._gone.add(inject.id)

    def _run(self) -> None:
        while not self._stop.is_set():
            self.settle()
            if self._incident is None or self._incident.closed_at:
                return
            self._world.clock.wait_for_alarm(_EVERY_S)

    def settle(self) -> None:
        """Catch up, give what is due, and note what was answered. Thread-safe."""
        with self._settling:
            self.catch_up()
            while bodies := list(self._due()):
                for body in bodies:
                    self._write(body)
                before = self._incident.seq if self._incident else 0
                self.catch_up()
                if self._incident is None or self._incident.seq == before:
                    return  # the disk refuses it: later

    def _due(self) -> Iterator[e.Body]:
        if self._incident is None or self._incident.closed_at or self._incident.review.paused:
            return
        now = self._world.clock.now()
        yield from (body for at, body in self._coming() if at <= now)
        for name, how in list(self._answers.items()):
            if name in self._incident.review.unanswered:
                yield e.InjectAnswered(inject=name, how=how)

    def _write(self, body: e.Body) -> None:
        # Where the disk refuses it, it stays due, and is written once the disk takes it. The runner tells of the disk.
        with contextlib.suppress(JournalWriteFailed):
            write_or_raise(lambda: self._journal.append(body), lambda trouble: None, self._stop.is_set)

    def _coming(self) -> Iterator[tuple[datetime, e.Body]]:
        """Yield what is still to come, each with when; an inject without its cause only if it is asked for."""
        if self._incident is None:
            return
        for at, inject in self._story.waiting(self._incident):
            if inject.id not in self._gone or inject.id in self._story.leading.asked:
                yield at, self._story.given(inject)
        yield from self._story.hints_due(self._incident)

"""How far an exercise's story has come: its moments so far, and which injects are still to come, and when."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from journal.events import types as e
from journal.exercise.leading import Leading
from journal.exercise.moments import live_moments
from journal.exercise.script import Exercise, Inject
from journal.incident.counted import counts, rewound_by
from journal.incident.fold import refold

if TYPE_CHECKING:
    from journal.incident.state import Incident


class Story:
    """A fold over an exercise's events, for whoever gives its injects and for whoever leads it.

    Args:
        script: the exercise.

    Attributes:
        reached: when each moment came first, as far as they are known while it is played.
        leading: what the facilitator did.
        answers: when each inject was answered, and by which moment.
    """

    def __init__(self, script: Exercise) -> None:
        self.script = script
        self.injects = {inject.id: inject for inject in script.injects}
        self._begin()

    def _begin(self) -> None:
        self.reached: dict[str, datetime] = {}
        self.leading = Leading()
        self.answers: dict[str, tuple[datetime, str]] = {}

    def take(self, incident: Incident, event: e.Event) -> list[str]:
        """Take in an event that ``incident`` was changed by already, and return the moments that it is.

        Where the exercise was rewound by it, it starts again with what counts.
        """
        if rewound_by(incident, event):
            self._begin()
            for then, one in refold(incident.history or ()):
                self.take(then, one)
            self.ask_for_nothing()
            return []
        if not counts(incident, event):
            return []
        self.leading.apply(event)
        if isinstance(event.body, e.InjectAnswered):
            self.answers[event.body.inject] = event.at, event.body.how
        elif isinstance(event.body, e.InjectReplied):
            self.answers.setdefault(event.body.inject, (event.at, f"replied:{event.body.inject}"))
        found = list(live_moments(incident, event))
        for moment in found:
            self.reached.setdefault(moment, event.at)
        return found

    def ask_for_nothing(self) -> None:
        """Forget what was to be given at once: who goes back to before an inject does not want it that moment."""
        self.leading.asked.clear()

    def since(self, incident: Incident, inject: Inject) -> datetime | None:
        """Return the moment from which an inject's time counts; None where it was not reached yet."""
        return self.reached.get(inject.after) if inject.after else incident.review.exercise_began_at

    def due_at(self, incident: Incident, inject: Inject) -> datetime | None:
        """Return when an inject comes, were its cause to last; None where nobody can tell yet, or it does not come."""
        leading = self.leading
        if inject.id in incident.review.injects or inject.id in leading.skipped or inject.id in leading.held:
            return None
        if inject.id in leading.asked:
            return leading.asked[inject.id]
        if inject.by_hand:
            return None
        since = self.since(incident, inject)
        return since + timedelta(seconds=inject.at_s) if since else None

    def waiting(self, incident: Incident) -> Iterator[tuple[datetime, Inject]]:
        """Yield the injects that are still to come, and of which it is known when."""
        for inject in self.injects.values():
            if (at := self.due_at(incident, inject)) is not None:
                yield at, inject

    def given(self, inject: Inject) -> e.InjectGiven:
        """Return the event by which an inject is given, worded and addressed as the facilitator wants it."""
        text = self.leading.words.get(inject.id, inject.text)
        return e.InjectGiven(
            inject=inject.id,
            text=text,
            planned_s=inject.at_s,
            to=self.told_to(inject),
            asks=inject.asks,
            choices=inject.choices,
        )

    def told_to(self, inject: Inject) -> str:
        """Return whom an inject is for, as the facilitator wants it, else as the script does."""
        return self.leading.roles.get(inject.id, inject.to)

    def hints_due(self, incident: Incident) -> Iterator[tuple[datetime, e.FacilitatorSaid]]:
        """Yield the script's hints that come by themselves to what nobody answered yet, each with when."""
        given = {(hint.inject, hint.scripted) for hint in self.leading.hints}
        for name in incident.review.unanswered:
            inject = self.injects.get(name)
            for n, hint in enumerate(inject.hints if inject else (), 1):
                if hint.after_s and (name, n) not in given and inject:
                    at = incident.review.injects[name] + timedelta(seconds=hint.after_s)
                    said = e.FacilitatorSaid(text=hint.text, to=self.told_to(inject), inject=name, scripted=n)
                    yield at, said

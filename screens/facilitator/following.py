"""What the facilitator's console shows, read from the journal: each inject, and each participant."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal, NamedTuple

from journal.events import types as e
from journal.exercise.leading import Mark
from journal.exercise.moments import say
from journal.exercise.script import Inject, exercise_from_data
from journal.exercise.story import Story
from journal.incident.fold import apply_event
from journal.incident.state import Incident
from journal.incident.team import PROGRAMS, short_name
from journal.report.words import sentence
from journal.store.reader import Reader

State = Literal["open", "answered", "told", "held", "skipped", "comes", "waits"]

_NO_DEEDS = (e.InjectLed, e.ExercisePaused, e.FacilitatorSaid, e.ParticipantMarked)
"""What whoever leads writes: nobody becomes a participant by it."""


class InjectRow(NamedTuple):
    """An inject as it stands.

    Attributes:
        state: open: given, and not answered; told: given, and wants no answer; comes: ``at`` says when; waits: for
            its moment.
        at: when it was given, or comes.
        answered: when, and by what.
        text, to: as it is, or would be, told.
        after, answers: its moment, and what answers it, in words.
    """

    inject: Inject
    state: State
    at: datetime | None
    answered: tuple[datetime, str] | None
    text: str
    to: str
    after: str
    answers: Sequence[str]


class Person(NamedTuple):
    """A participant: what they did last, and what is noted of them."""

    who: str
    at: datetime
    did: str
    marks: Sequence[Mark]


class Seen(NamedTuple):
    """All of it at one moment."""

    injects: Sequence[InjectRow]
    people: Sequence[Person]


class Following:
    """Follows an exercise's journal: everything in it belongs to the thread that reads."""

    def __init__(self) -> None:
        self._incident: Incident | None = None
        self._story: Story | None = None
        self._did: dict[str, tuple[datetime, str]] = {}

    def look(self, reader: Reader) -> Seen:
        """Take in what is new, and return what is to be shown."""
        for event in reader.events(after=self._incident.seq if self._incident else 0):
            if self._incident is None:
                self._incident = Incident(event)
            else:
                apply_event(self._incident, event)
            self._take(self._incident, event)
        if self._incident is None or self._story is None:
            return Seen((), ())
        rows = [_row(self._incident, self._story, inject) for inject in self._story.script.injects]
        return Seen(rows, self._people(self._story.leading.marks))

    def _take(self, incident: Incident, event: e.Event) -> None:
        if isinstance(event.body, e.ExerciseBegan):
            self._story = Story(exercise_from_data(event.body.exercise))
        if self._story:
            self._story.take(incident, event)
        if short_name(event.actor) not in PROGRAMS and not isinstance(event.body, _NO_DEEDS):
            self._did[event.actor] = event.at, sentence(incident, event.body)

    def _people(self, marks: Sequence[Mark]) -> list[Person]:
        return [
            Person(who, at, did, [mark for mark in marks if mark.who == who])
            for who, (at, did) in sorted(self._did.items())
        ]


def _row(incident: Incident, story: Story, inject: Inject) -> InjectRow:
    given_at = incident.review.injects.get(inject.id)
    due_at = story.due_at(incident, inject)
    state: State = "comes" if due_at else "waits"
    if given_at:
        state = "open" if inject.id in incident.review.unanswered else "answered" if inject.answered_by else "told"
    elif inject.id in story.leading.skipped:
        state = "skipped"
    elif inject.id in story.leading.held:
        state = "held"
    answer = story.answers.get(inject.id)
    return InjectRow(
        inject=inject,
        state=state,
        at=given_at or due_at,
        answered=(answer[0], say(answer[1], incident.plan)) if answer else None,
        text=story.leading.words.get(inject.id, inject.text),
        to=story.leading.roles.get(inject.id, ""),
        after=say(inject.after, incident.plan) if inject.after else "",
        answers=[say(name, incident.plan) for name in inject.answered_by],
    )

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
from journal.incident.counted import rewound_by
from journal.incident.fold import apply_event
from journal.incident.state import Incident
from journal.incident.team import PROGRAMS, short_name
from journal.report.words import sentence
from journal.store.reader import Reader

State = Literal["open", "answered", "told", "held", "skipped", "comes", "waits"]

_NO_DEEDS = (
    e.InjectLed,
    e.InjectGiven,
    e.ExercisePaused,
    e.ExerciseRewound,
    e.FacilitatorSaid,
    e.ParticipantMarked,
    e.LabChosen,
    e.LabUndone,
    e.InventoryRead,
)
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
        hints: which hints on it were given: the number in the script, 0 for another.
    """

    inject: Inject
    state: State
    at: datetime | None
    answered: tuple[datetime, str] | None
    text: str
    to: str
    after: str
    answers: Sequence[str]
    hints: Sequence[int] = ()

    @property
    def given(self) -> bool:
        """Whether players were told it."""
        return self.state in ("open", "answered", "told")

    @property
    def next_hint(self) -> str:
        """The first of its hints in the script that was not given; empty where there is none."""
        left = (hint.text for n, hint in enumerate(self.inject.hints, 1) if n not in self.hints)
        return next(left, "")


class Person(NamedTuple):
    """A participant: what they did last, and what is noted of them."""

    who: str
    at: datetime
    did: str
    marks: Sequence[Mark]


class _Deed(NamedTuple):
    """What somebody did last; ``rewound``: it counts no more."""

    at: datetime
    words: str
    rewound: bool = False

    def back_to(self, at: datetime) -> _Deed:
        """Return it as it is once the exercise was taken back to ``at``."""
        return self if self.at <= at else _Deed(at, self.words, rewound=True)

    @property
    def said(self) -> str:
        """What it was, and that it was rewound."""
        return f"{self.words}, rewound" if self.rewound else self.words


class Seen(NamedTuple):
    """All of it at one moment."""

    injects: Sequence[InjectRow]
    people: Sequence[Person]


class Following:
    """Follows an exercise's journal: everything in it belongs to the thread that reads."""

    def __init__(self) -> None:
        self._incident: Incident | None = None
        self._story: Story | None = None
        self._did: dict[str, _Deed] = {}

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
        injects = [*self._story.script.injects, *self._story.leading.free.values()]
        rows = [_row(self._incident, self._story, inject) for inject in injects]
        return Seen(rows, self._people(self._story.leading.marks))

    def _take(self, incident: Incident, event: e.Event) -> None:
        if isinstance(event.body, e.ExerciseBegan):
            self._story = Story(exercise_from_data(event.body.exercise))
        if self._story:
            self._story.take(incident, event)
        if rewound_by(incident, event):
            self._did = {who: did.back_to(incident.last_at) for who, did in self._did.items()}
        declares_game_day = isinstance(event.body, e.IncidentDeclared) and event.body.kind is not e.Kind.TABLETOP
        deed = not isinstance(event.body, _NO_DEEDS) and not declares_game_day
        if deed and short_name(event.actor) not in PROGRAMS:
            self._did[event.actor] = _Deed(event.at, sentence(incident, event.body))

    def _people(self, marks: Sequence[Mark]) -> list[Person]:
        return [
            Person(who, did.at, did.said, [mark for mark in marks if mark.who == who])
            for who, did in sorted(self._did.items())
        ]


def _row(incident: Incident, story: Story, inject: Inject) -> InjectRow:
    given_at = incident.review.injects.get(inject.id)
    due_at = story.due_at(incident, inject)
    answer = story.answers.get(inject.id)
    return InjectRow(
        inject=inject,
        state=_state(incident, story, inject, due_at),
        at=given_at or due_at,
        answered=(answer[0], _answer(incident, story, inject, answer[1])) if answer else None,
        text=story.leading.words.get(inject.id, inject.text),
        to=story.told_to(inject),
        after=say(inject.after, incident.plan) if inject.after else "",
        answers=[*(say(name, incident.plan) for name in inject.answered_by), *_words_wanted(inject)],
        hints=[hint.scripted for hint in story.leading.hints if hint.inject == inject.id],
    )


def _state(incident: Incident, story: Story, inject: Inject, due_at: datetime | None) -> State:
    if inject.id in incident.review.injects:
        if inject.id in incident.review.unanswered:
            return "open"
        return "answered" if inject.wants_answer else "told"
    if inject.id in story.leading.skipped:
        return "skipped"
    if inject.id in story.leading.held:
        return "held"
    return "comes" if due_at else "waits"


def _answer(incident: Incident, story: Story, inject: Inject, moment: str) -> str:
    """Return what answered an inject: in the players' words, where it was these."""
    replies = story.leading.replies.get(inject.id, ())
    words = "; ".join(f"{short_name(one.by)}: {one.text}{f', {one.reason}' if one.reason else ''}" for one in replies)
    return words if words and moment.startswith("replied:") else say(moment, incident.plan)


def _words_wanted(inject: Inject) -> list[str]:
    if not inject.wants_words:
        return []
    return [f"in words: {' | '.join(inject.choices)}" if inject.choices else "in words"]

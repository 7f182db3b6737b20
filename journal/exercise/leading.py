"""What a facilitator did while an exercise was played: a fold over its events."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from journal.events import types as e
from journal.events.leading import MarkKind
from journal.exercise.script import Inject


class Mark(NamedTuple):
    """A note on a participant."""

    at: datetime
    by: str
    who: str
    mark: MarkKind
    text: str


class Hint(NamedTuple):
    """What helped the players; ``text`` says for whom.

    ``inject`` is what it was about, ``scripted`` which of that one's hints, from 1; empty and 0 where there is none.
    """

    at: datetime
    by: str
    text: str
    inject: str = ""
    scripted: int = 0


class Reply(NamedTuple):
    """What a player answered in words."""

    at: datetime
    by: str
    text: str
    reason: str


@dataclass(slots=True)
class Leading:
    """All of it.

    Attributes:
        asked: the injects that were to be given at once, and when that was said.
        held, skipped: those that wait until they are released, and those that never come.
        words, roles: how an inject is worded, and whom it is for, where that differs from the script.
        replies: what players answered in words, by inject.
        noted: when the note came that answers an inject, by inject: a note answers the one that it was asked for.
        free: the injects that the script does not have, as they were given.
    """

    asked: dict[str, datetime] = field(default_factory=dict)
    held: set[str] = field(default_factory=set)
    skipped: set[str] = field(default_factory=set)
    words: dict[str, str] = field(default_factory=dict)
    roles: dict[str, str] = field(default_factory=dict)
    marks: list[Mark] = field(default_factory=list)
    hints: list[Hint] = field(default_factory=list)
    replies: dict[str, list[Reply]] = field(default_factory=dict)
    noted: dict[str, datetime] = field(default_factory=dict)
    free: dict[str, Inject] = field(default_factory=dict)

    def watch(self, events: Iterable[e.Event]) -> Iterator[e.Event]:
        """Yield the events as they are, and take them in."""
        for event in events:
            self.apply(event)
            yield event

    def apply(self, event: e.Event) -> None:
        """Change it by one event; most types of events do not concern it."""
        handler = _HANDLERS.get(type(event.body))
        if handler:
            handler(self, event, event.body)


def _led(leading: Leading, event: e.Event, body: e.InjectLed) -> None:
    if body.do == "give":
        leading.asked[body.inject] = event.at
        leading.held.discard(body.inject)
        leading.skipped.discard(body.inject)
    elif body.do == "hold":
        leading.held.add(body.inject)
        leading.asked.pop(body.inject, None)
    elif body.do == "release":
        leading.held.discard(body.inject)
        leading.skipped.discard(body.inject)
    elif body.do == "skip":
        leading.skipped.add(body.inject)
        leading.asked.pop(body.inject, None)
    elif body.do == "reword":
        leading.words[body.inject] = body.text
    else:
        leading.roles[body.inject] = body.to


def _marked(leading: Leading, event: e.Event, body: e.ParticipantMarked) -> None:
    leading.marks.append(Mark(event.at, event.actor, body.who, body.mark, body.text))


def _said(leading: Leading, event: e.Event, body: e.FacilitatorSaid) -> None:
    leading.hints.append(Hint(event.at, event.actor, body.said, body.inject, body.scripted))


def _replied(leading: Leading, event: e.Event, body: e.InjectReplied) -> None:
    leading.replies.setdefault(body.inject, []).append(Reply(event.at, event.actor, body.text, body.reason))


def _answered(leading: Leading, event: e.Event, body: e.InjectAnswered) -> None:
    if body.how == "note":
        leading.noted[body.inject] = event.at


def _given(leading: Leading, event: e.Event, body: e.InjectGiven) -> None:
    if body.free:
        free = Inject(id=body.inject, text=body.text, to=body.to, asks=body.asks, choices=body.choices, by_hand=True)
        leading.free[body.inject] = free


_HANDLERS: dict[type[e.Body], Callable[[Leading, e.Event, Any], None]] = {
    e.InjectLed: _led,
    e.ParticipantMarked: _marked,
    e.FacilitatorSaid: _said,
    e.InjectReplied: _replied,
    e.InjectAnswered: _answered,
    e.InjectGiven: _given,
}

"""What belongs to the report and to exercises: calls, fields, action items, signatures, injects, hot wash."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from journal.events import types as e
from journal.events.leading import addressed


@dataclass(slots=True)
class Call:
    """A call to a level of the escalation matrix, as it stands after an event.

    Attributes:
        answered_at: None while nobody answered.
        seq: the event.
        before: what was known of the level before that; None: nothing.
    """

    level: str
    paged_at: datetime
    paged_by: str
    how: str = ""
    answered_at: datetime | None = None
    who: str = ""
    seq: int = 0
    before: Call | None = None


@dataclass(slots=True)
class Written:
    """One field of the report: its latest text, by whom and when."""

    text: str
    by: str
    at: datetime


@dataclass(slots=True)
class ActionItem:
    """Something to be done afterwards.

    Attributes:
        objective: the id of the exercise's objective that it serves; empty: none.
        cause: why it is needed, as people found.
        done_at: None while it is open.
        how: what was put in order, in the words of ``done_by``.
    """

    id: str
    text: str
    owner: str
    due: str
    by: str
    at: datetime
    objective: str = ""
    cause: str = ""
    done_at: datetime | None = None
    done_by: str = ""
    how: str = ""

    @property
    def lacks(self) -> str:
        """What nobody said of it yet, in words: who does it, until when; empty where both are known."""
        return " and ".join(what for what, said in (("owner", self.owner), ("due date", self.due)) if not said)


@dataclass(slots=True)
class Answer:
    """What somebody answered to a question of the hot wash; ``by`` wrote it down."""

    question: str
    text: str
    who: str
    by: str
    at: datetime


@dataclass(slots=True)
class FaultNote:
    """How a fault of a game day's lab stands: begins, done, failed or in doubt; ``what`` was done, or was wrong."""

    state: str
    at: datetime
    what: str


@dataclass(slots=True)
class Signature:
    """A person signed in a role, having seen the journal up to ``head``."""

    role: str
    by: str
    at: datetime
    head: str


@dataclass(frozen=True, slots=True)
class Told:
    """An inject that was given and wants an answer.

    Attributes:
        inject: its id.
        text, to: what was told, and whom; empty: everybody.
        note: whether a note answers it.
        words: whether an answer in words does, which is one of ``choices`` where there are any.
    """

    inject: str
    text: str
    to: str = ""
    note: bool = False
    words: bool = False
    choices: tuple[str, ...] = ()

    @property
    def asked(self) -> str:
        """What was told, and what can be chosen."""
        choices = "; ".join(f"{n} {choice}" for n, choice in enumerate(self.choices, 1))
        return f"{self.text} ({choices})" if choices else self.text

    @property
    def said(self) -> str:
        """What was told, with whom it is for, and what can be chosen."""
        return addressed(self.asked, self.to)


@dataclass(slots=True)
class Review:
    """All of that.

    Attributes:
        injects: when each inject was given, by its id.
        told: each inject that was given and wants an answer, by its id.
        unanswered: those of them that have none yet.
        paused: whether an exercise's facilitator stopped its clock; ``paused_by`` is who.
        hot_wash: what people said after an exercise, in order.
        lab, lab_id: the folder of a game day's lab, and which lab that is; empty: it is no game day.
        lab_faults: its faults, by inject, system and fault.
        lab_undone: None, or how far making the lab anew has come.
    """

    calls: dict[str, Call] = field(default_factory=dict)
    fields: dict[str, Written] = field(default_factory=dict)
    action_items: dict[str, ActionItem] = field(default_factory=dict)
    signatures: list[Signature] = field(default_factory=list)
    exercise: dict[str, Any] = field(default_factory=dict)
    exercise_began_at: datetime | None = None
    injects: dict[str, datetime] = field(default_factory=dict)
    told: dict[str, Told] = field(default_factory=dict)
    unanswered: dict[str, Told] = field(default_factory=dict)
    paused: bool = False
    paused_by: str = ""
    hot_wash: list[Answer] = field(default_factory=list)
    lab: str = ""
    lab_id: str = ""
    lab_faults: dict[tuple[str, str, str], FaultNote] = field(default_factory=dict)
    lab_undone: e.LabUndone | None = None

    def apply(self, event: e.Event) -> None:
        """Change it by one event; most types of events do not concern it."""
        handler = _HANDLERS.get(type(event.body))
        if handler:
            handler(self, event, event.body)


def _paged(review: Review, event: e.Event, body: e.ContactPaged) -> None:
    before = review.calls.get(body.level)
    review.calls[body.level] = Call(body.level, event.at, event.actor, body.how, seq=event.seq, before=before)


def _acknowledged(review: Review, event: e.Event, body: e.ContactAcknowledged) -> None:
    before = review.calls.get(body.level)
    called = before or Call(body.level, event.at, event.actor)
    who = body.who or f"noted by {event.actor}"
    review.calls[body.level] = replace(called, answered_at=event.at, who=who, seq=event.seq, before=before)


def _taken_back(review: Review, event: e.Event, body: e.CallTakenBack) -> None:
    call = review.calls.pop(body.level, None)
    if call and call.before:
        review.calls[body.level] = call.before


def _written(review: Review, event: e.Event, body: e.ReportFieldWritten) -> None:
    review.fields[body.field] = Written(body.text, event.actor, event.at)


def _action_item(review: Review, event: e.Event, body: e.ActionItemWritten) -> None:
    if body.dropped:
        review.action_items.pop(body.id, None)
        return
    review.action_items[body.id] = ActionItem(
        body.id, body.text, body.owner, body.due, event.actor, event.at, body.objective, body.cause
    )


def _done(review: Review, event: e.Event, body: e.ActionItemDone) -> None:
    if item := review.action_items.get(body.id):
        review.action_items[body.id] = replace(item, done_at=event.at, done_by=event.actor, how=body.how)


def _hot_wash(review: Review, event: e.Event, body: e.HotWashAnswered) -> None:
    review.hot_wash.append(Answer(body.question, body.text, body.who or event.actor, event.actor, event.at))


def _lab(review: Review, event: e.Event, body: e.LabChosen) -> None:
    review.lab, review.lab_id = body.lab, body.lab_id


def _fault(review: Review, event: e.Event, body: e.LabFault) -> None:
    review.lab_faults[body.inject, body.system, body.how] = FaultNote(body.state, event.at, body.what)


def _undone(review: Review, event: e.Event, body: e.LabUndone) -> None:
    review.lab_undone = body


def _signed(review: Review, event: e.Event, body: e.SignedOff) -> None:
    review.signatures.append(Signature(body.role, event.actor, event.at, body.head))


def _exercise(review: Review, event: e.Event, body: e.ExerciseBegan) -> None:
    review.exercise, review.exercise_began_at = body.exercise, event.at


def _inject(review: Review, event: e.Event, body: e.InjectGiven) -> None:
    review.injects[body.inject] = event.at
    scripted = review.exercise.get("injects")
    found = [inject for inject in scripted or () if isinstance(inject, dict) and inject.get("id") == body.inject]
    answered_by = found[0].get("answered_by") if found else None
    words = body.asks or bool(body.choices)
    if answered_by or words:
        told = Told(body.inject, body.text, body.to, "note" in (answered_by or ()), words, tuple(body.choices))
        review.told[body.inject] = review.unanswered[body.inject] = told


def _paused(review: Review, event: e.Event, body: e.ExercisePaused) -> None:
    review.paused, review.paused_by = body.paused, event.actor


def _answered(review: Review, event: e.Event, body: e.InjectAnswered | e.InjectReplied) -> None:
    review.unanswered.pop(body.inject, None)


_HANDLERS: dict[type[e.Body], Callable[[Review, e.Event, Any], None]] = {
    e.ContactPaged: _paged,
    e.ContactAcknowledged: _acknowledged,
    e.CallTakenBack: _taken_back,
    e.ReportFieldWritten: _written,
    e.ActionItemWritten: _action_item,
    e.ActionItemDone: _done,
    e.HotWashAnswered: _hot_wash,
    e.LabChosen: _lab,
    e.LabFault: _fault,
    e.LabUndone: _undone,
    e.SignedOff: _signed,
    e.ExerciseBegan: _exercise,
    e.InjectGiven: _inject,
    e.InjectAnswered: _answered,
    e.InjectReplied: _answered,
    e.ExercisePaused: _paused,
}

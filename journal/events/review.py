"""Events of the report, of exercises, and of the journal's failover."""

from __future__ import annotations

from typing import Any, Literal

from journal.events.base import Body
from journal.events.leading import addressed

ReportField = Literal[
    "summary",
    "impact",
    "detection",
    "contributing factors",
    "went well",
    "went wrong",
    "got lucky",
    "lessons",
    "residual risk",
    "communications",
    "for customers",
]


class ReportFieldWritten(Body, frozen=True, kw_only=True, tag="report.field"):
    """A person wrote a field of the report; the latest text of a field counts. Customers read one field alone."""

    field: ReportField
    text: str


class ActionItemWritten(Body, frozen=True, kw_only=True, tag="report.action_item"):
    """Something to be done afterwards. ``due`` is a date (ISO 8601). The latest entry of an ``id`` counts.

    ``objective`` is what it serves: an exercise's objective, or empty; ``cause`` why it was needed, as people found.
    """

    id: str
    text: str
    owner: str = ""
    due: str = ""
    objective: str = ""
    cause: str = ""
    dropped: bool = False


class SignedOff(Body, frozen=True, kw_only=True, tag="report.signed_off"):
    """A person signed the report in a role, having seen the journal up to ``head``."""

    role: str
    head: str


class ExerciseBegan(Body, frozen=True, kw_only=True, tag="exercise.began"):
    """The script of a tabletop (objectives, injects, expectations) as data, so that the report needs no other file."""

    exercise: dict[str, Any]


class InjectGiven(Body, frozen=True, kw_only=True, tag="inject.given"):
    """The players were given an inject. ``planned_s`` is when that was planned, in seconds after the start.

    ``to`` is the role or the name that it is for; empty: everybody. ``asks``: it wants an answer in words, which is one
    of ``choices`` where there are any. ``free``: the script does not have it.
    """

    inject: str
    text: str
    planned_s: float = 0.0
    to: str = ""
    asks: bool = False
    choices: list[str] = []
    free: bool = False

    @property
    def said(self) -> str:
        """What the players are told, with whom it is for."""
        return addressed(self.text, self.to)


class InjectAnswered(Body, frozen=True, kw_only=True, tag="inject.answered"):
    """The players did something that answers an inject. ``how`` is the moment (`journal.exercise.moments`) that did."""

    inject: str
    how: str


class InjectReplied(Body, frozen=True, kw_only=True, tag="inject.replied"):
    """A player answered in words what an inject asked. ``text`` is one of its choices where it has any, else free."""

    inject: str
    text: str
    reason: str = ""


class JournalContinued(Body, frozen=True, kw_only=True, tag="journal.continued"):
    """The first event of a journal's next segment, after the disk under the last one failed.

    Attributes:
        id: the incident's id.
        segment: the new segment's number, from 2.
        seq: the seq of the last event before it.
        head: that event's hash, which this event follows: the chain goes on.
        first_file: the path of the journal's first file.
        why: how the disk failed.
    """

    id: str
    segment: int
    seq: int
    head: str
    first_file: str
    why: str

"""The after-action report and improvement plan of an exercise, as plain values (HSEEP 2020, NIST SP 800-84)."""

from __future__ import annotations

from datetime import datetime

from journal.exercise.areas import Strength
from journal.exercise.assessment import ExpectationResult
from journal.report import model as m
from journal.report.evidence import Part
from journal.report.review import ActionItemEntry, AfterAction, WrittenField


class Said(Part, frozen=True, kw_only=True):
    """An answer of the hot wash: ``by`` wrote down what ``who`` said."""

    text: str
    who: str
    by: str
    at: datetime


class Asked(Part, frozen=True, kw_only=True):
    """A question of the hot wash with what was answered."""

    question: str
    answers: list[Said]


class ObjectiveEvidence(Part, frozen=True, kw_only=True):
    """An objective's rating, and what it rests on.

    Attributes:
        hints: what players were told while an inject of this objective waited for its answer.
        to_do: the ids of the action items that serve it.
    """

    id: str
    title: str
    rating: str
    why: str
    expectations: list[ExpectationResult]
    hints: list[str]
    to_do: list[str]


class AreaEntry(Part, frozen=True, kw_only=True):
    """An area for improvement, with the question for its root cause and what people answered.

    ``result``: missed, repaired, harmed or noted.
    """

    title: str
    seen: str
    result: str
    objective: str
    critical: bool
    asked: Asked


class LabFaultEntry(Part, frozen=True, kw_only=True):
    """A fault of a game day's lab: ``state`` is begins, done, failed or in doubt."""

    at: datetime
    inject: str
    system: str
    how: str
    state: str
    what: str


class AfterActionReport(Part, frozen=True, kw_only=True):
    """The whole of it.

    Attributes:
        lab_faults: what a game day really broke.
        causes: the questions of the hot wash that ask for the root causes of areas for improvement.
        hot_wash: the questions of the hot wash that ask for no root cause.
        written: the report's fields on what went well and wrong, as far as somebody wrote them.
        lacks: what a reader must know is not there yet.
    """

    as_of: datetime
    zone: str
    incident: m.Header
    verification: m.Verification
    exercise: AfterAction
    objectives: list[ObjectiveEvidence]
    strengths: list[Strength]
    areas: list[AreaEntry]
    lab_faults: list[LabFaultEntry]
    causes: list[Asked]
    hot_wash: list[Asked]
    written: list[WrittenField]
    items: list[ActionItemEntry]
    lacks: list[str]

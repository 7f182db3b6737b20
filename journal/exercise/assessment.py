"""Assesses an exercise: rates its objectives, and compares its expectations and injects with what was done.

Everything comes from the journal, which holds the script (``exercise.began``) and all that was done. The after-action
report of NIST SP 800-84 and HSEEP (2020) asks for these parts; the four ratings are HSEEP's.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from textwrap import shorten
from typing import TYPE_CHECKING, Literal

import msgspec

from journal.errors import CleoError
from journal.exercise.choices import Choice, Choices
from journal.exercise.leading import Hint, Leading, Mark
from journal.exercise.moments import Moments, moments, say
from journal.exercise.rules import Result, judge
from journal.exercise.script import Exercise, Expectation, Inject, exercise_from_data
from journal.incident.counted import counts
from journal.incident.fold import fold_events
from journal.incident.rewound import Rewound
from journal.wording.counting import count
from journal.wording.durations import exact_duration

if TYPE_CHECKING:
    from journal.events.types import Event
    from journal.incident.state import Incident
    from journal.store.reader import Reader

Rating = Literal["P", "S", "M", "U"]
"""Performed without challenges, with some challenges, with major challenges, unable to be performed (HSEEP)."""

RATING_WORDS: dict[str, str] = {
    "P": "performed without challenges",
    "S": "performed with some challenges",
    "M": "performed with major challenges",
    "U": "unable to be performed",
}

InjectState = Literal["answered", "not answered", "not measured", "told", "left out", "not given"]
"""How an inject turned out; not measured: nobody can tell from the journal whether it was answered."""

_OBSERVED: dict[InjectState, str] = {
    "not answered": "nothing that answers it",
    "not measured": "not measured: see notes and hot wash",
    "told": "for information",
    "left out": "left out by the facilitator",
    "not given": "not given: the exercise did not come to it",
}

_SHOWN = 60
"""Characters of an inject by which its answer is named."""


class NoExercise(CleoError):
    """An incident was no exercise with a script: there is nothing to assess."""

    def __init__(self, incident: str) -> None:
        super().__init__(f"{incident} is no exercise with a script.", f"Its report: cleo report {incident}")


class ObjectiveResult(msgspec.Struct, frozen=True, kw_only=True):
    """The rating of an objective, and the reason for it. ``id`` is the script's."""

    id: str
    title: str
    rating: Rating
    why: str


class ExpectationResult(msgspec.Struct, frozen=True, kw_only=True):
    """How an expectation turned out.

    Attributes:
        met: whether it was met.
        result: met; repaired: it was broken, found and put right; missed; harmed: users were reached by it.
        at: when it was met or broken; None where nothing happened.
        asks: whether it asks for something to be done; else it is met where nothing is.
    """

    title: str
    met: bool
    result: Result
    at: datetime | None
    why: str
    objective: str = ""
    critical: bool = False
    asks: bool = True


class InjectResult(msgspec.Struct, frozen=True, kw_only=True):
    """An inject: planned and given, expected and observed. ``given_at`` is None where it was never given.

    ``answered_at`` is None where nothing answered it, or nobody could tell; ``choice``: what answered it, in words.
    """

    id: str
    text: str
    planned_s: float
    given_at: datetime | None
    expected: str
    state: InjectState
    objective: str = ""
    answered_at: datetime | None = None
    choice: str = ""

    @property
    def reaction_s(self) -> float | None:
        """Seconds from the inject to its answer; None where there is none."""
        return round((self.answered_at - self.given_at).total_seconds()) if self.answered_at and self.given_at else None

    @property
    def observed(self) -> str:
        """What was seen, in words."""
        took = self.reaction_s
        return _OBSERVED[self.state] if took is None else f"{self.choice}, {exact_duration(took)} later"


class Assessment(msgspec.Struct, frozen=True, kw_only=True):
    """The whole assessment."""

    title: str
    objectives: list[ObjectiveResult]
    expectations: list[ExpectationResult]
    injects: list[InjectResult]
    done_well: list[str]
    missed: list[str]
    choices: list[Choice]
    marks: list[Mark] = []
    hints: list[Hint] = []
    rewound: list[Rewound] = []


def assess_journal(reader: Reader) -> Assessment | None:
    """Return the assessment of the exercise in a journal, or None where it is none.

    Raises:
        JournalError: the journal or the script in it cannot be read.
    """
    return assess(fold_events(reader.events()), reader.events())


def assess(incident: Incident, events: Iterable[Event]) -> Assessment | None:
    """Return the assessment, or None where the incident was no exercise.

    Args:
        incident: its state after the last event.
        events: all of them, in order.

    Raises:
        JournalDamaged: the script in the journal cannot be read.
    """
    if not incident.review.exercise:
        return None
    script = exercise_from_data(incident.review.exercise)
    choices = Choices(incident)
    leading = Leading()
    counted = (event for event in events if counts(incident, event))
    found = moments(incident, leading.watch(choices.watch(counted)), script)
    results = [_judged(expectation, found, incident) for expectation in script.expectations]
    injects = [_inject(inject, incident, found, leading) for inject in [*script.injects, *leading.free.values()]]
    results += _answers(script.injects, injects)
    return Assessment(
        title=script.title,
        objectives=[_rate(objective.id, objective.title, results) for objective in script.objectives],
        expectations=results,
        injects=injects,
        done_well=[result.title for result in results if result.met],
        missed=[f"{result.title}: {result.why}" for result in results if not result.met],
        choices=choices.found,
        marks=leading.marks,
        hints=leading.hints,
        rewound=incident.rewound,
    )


def _rate(objective: str, title: str, results: list[ExpectationResult]) -> ObjectiveResult:
    """Rate an objective: P all met; S no critical one missed; M one of them, or more; U harm was done, or nothing met.

    What was found and repaired is no longer P, and not missed. What must never happen counts only beside what was done.
    """
    own = [result for result in results if result.objective == objective]
    unmet = [result for result in own if not result.met]
    if not unmet:
        return ObjectiveResult(id=objective, title=title, rating="P", why=_all_met(len(own)))
    missed = [result for result in unmet if result.result != "repaired"]
    harmed = any(result.result == "harmed" for result in unmet)
    critical = any(result.critical for result in missed)
    asked = [result for result in own if result.asks] or own
    nothing = all(result in missed for result in asked)
    rating: Rating = "U" if harmed or nothing else "M" if critical else "S"
    return ObjectiveResult(id=objective, title=title, rating=rating, why=_why(unmet, len(own)))


def _why(unmet: list[ExpectationResult], of: int) -> str:
    named = "; ".join(f"{result.title}{' (critical)' if result.critical else ''}" for result in unmet)
    words = {"repaired": "found and repaired", "harmed": "with harm"}
    kinds = [words[kind] for kind in words if any(result.result == kind for result in unmet)]
    how = "".join(f", {kind}" for kind in kinds)
    return f"{len(unmet)} of {count(of, 'expectation')} missed{how}: {named}."


def _all_met(number: int) -> str:
    return "The only expectation was met." if number == 1 else f"All {number} expectations were met."


def _judged(expectation: Expectation, found: Moments, incident: Incident) -> ExpectationResult:
    verdict = judge(expectation, found, incident)
    missed = expectation.missed if verdict.result != "met" else ""
    return ExpectationResult(
        title=expectation.title,
        met=verdict.result == "met",
        result=verdict.result,
        at=verdict.at,
        why=f"{verdict.why} {missed}".strip(),
        objective=expectation.objective,
        critical=expectation.critical,
        asks=expectation.rule != "never",
    )


def _answers(scripted: Iterable[Inject], shown: Iterable[InjectResult]) -> Iterator[ExpectationResult]:
    """Yield whether each inject that was given, and tells of an objective, was answered."""
    for inject, one in zip(scripted, shown, strict=False):  # those that the script does not have come last
        if one.given_at and inject.objective:
            yield ExpectationResult(
                title=f"Answered: “{shorten(inject.text, _SHOWN, placeholder='…')}”",
                met=one.answered_at is not None,
                result="met" if one.answered_at else "missed",
                at=one.answered_at or one.given_at,
                why=f"{one.observed.capitalize()}. Expected: {inject.expected}",
                objective=inject.objective,
            )


def _inject(inject: Inject, incident: Incident, found: Moments, leading: Leading) -> InjectResult:
    given_at = incident.review.injects.get(inject.id)
    answer = _answer(inject, given_at, found, leading) if given_at else None
    return InjectResult(
        id=inject.id,
        text=leading.words.get(inject.id, inject.text),
        planned_s=inject.at_s,
        given_at=given_at,
        expected=inject.expected,
        state=_state(inject, given_at, answer, leading),
        objective=inject.objective,
        answered_at=answer[0] if answer else None,
        choice=say(answer[1], incident.plan) if answer else "",
    )


def _state(
    inject: Inject, given_at: datetime | None, answer: tuple[datetime, str] | None, leading: Leading
) -> InjectState:
    if given_at is None:
        return "left out" if inject.id in leading.skipped else "not given"
    if answer:
        return "answered"
    if inject.wants_answer:
        return "not answered"
    return "not measured" if inject.expected else "told"


def _answer(inject: Inject, given_at: datetime, found: Moments, leading: Leading) -> tuple[datetime, str] | None:
    """Return the first moment that answers an inject, and its name; None where there is none.

    A note answers the one inject that it was asked for, which the journal says; others stay unanswered by it.
    """
    names = [name for name in inject.answered_by if name != "note"]
    names += [name for name in found if name.startswith(f"replied:{inject.id}=")]
    answers = [(at, name) for name in names for at in found.get(name, []) if at >= given_at]
    if noted := leading.noted.get(inject.id):
        answers.append((noted, "note"))
    return min(answers, default=None)


__all__ = [
    "RATING_WORDS",
    "Assessment",
    "Exercise",
    "ExpectationResult",
    "InjectResult",
    "InjectState",
    "NoExercise",
    "ObjectiveResult",
    "Rating",
    "assess",
    "assess_journal",
]

"""Assesses an exercise: rates its objectives, and compares its expectations and injects with what was done.

Everything comes from the journal, which holds the script (``exercise.began``) and all that was done. The after-action
report of NIST SP 800-84 and HSEEP (2020) asks for these parts; the four ratings are HSEEP's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Literal

import msgspec

from journal.exercise.moments import Moments, moments, say
from journal.exercise.script import Exercise, Expectation, Inject, exercise_from_data
from journal.wording.counting import count
from journal.wording.durations import exact_duration

if TYPE_CHECKING:
    from journal.events.types import Event
    from journal.incident.state import Incident
    from journal.plan.model import Plan

Rating = Literal["P", "S", "M", "U"]
"""Performed without challenges, with some challenges, with major challenges, unable to be performed (HSEEP)."""

RATING_WORDS: dict[str, str] = {
    "P": "performed without challenges",
    "S": "performed with some challenges",
    "M": "performed with major challenges",
    "U": "unable to be performed",
}


class ObjectiveResult(msgspec.Struct, frozen=True, kw_only=True):
    """The rating of an objective, and the reason for it."""

    title: str
    rating: Rating
    why: str


class ExpectationResult(msgspec.Struct, frozen=True, kw_only=True):
    """Whether an expectation was met. ``at`` is when it was met or broken; None where nothing happened."""

    title: str
    met: bool
    at: datetime | None
    why: str
    objective: str = ""
    critical: bool = False


class InjectResult(msgspec.Struct, frozen=True, kw_only=True):
    """An inject: planned and given, expected and observed. ``given_at`` is None where it was never given."""

    id: str
    text: str
    planned_s: float
    given_at: datetime | None
    expected: str
    observed: str


class Assessment(msgspec.Struct, frozen=True, kw_only=True):
    """The whole assessment."""

    title: str
    objectives: list[ObjectiveResult]
    expectations: list[ExpectationResult]
    injects: list[InjectResult]
    done_well: list[str]
    missed: list[str]


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
    found = moments(incident, events, script)
    results = [_judge(expectation, found, incident) for expectation in script.expectations]
    return Assessment(
        title=script.title,
        objectives=[_rate(objective.id, objective.title, results) for objective in script.objectives],
        expectations=results,
        injects=[_inject(inject, incident, found) for inject in script.injects],
        done_well=[result.title for result in results if result.met],
        missed=[f"{result.title}: {result.why}" for result in results if not result.met],
    )


def _rate(objective: str, title: str, results: list[ExpectationResult]) -> ObjectiveResult:
    """Rate an objective: P all met, S no critical one missed, M at least one met, U none met."""
    own = [result for result in results if result.objective == objective]
    missed = [result for result in own if not result.met]
    if not missed:
        return ObjectiveResult(title=title, rating="P", why=_all_met(len(own)))
    rating: Rating = "U" if len(missed) == len(own) else "M" if any(r.critical for r in missed) else "S"
    named = "; ".join(f"{result.title}{' (critical)' if result.critical else ''}" for result in missed)
    why = f"{len(missed)} of {count(len(own), 'expectation')} missed: {named}."
    return ObjectiveResult(title=title, rating=rating, why=why)


def _all_met(number: int) -> str:
    return "The only expectation was met." if number == 1 else f"All {number} expectations were met."


_Verdict = tuple[bool, datetime | None, str]


def _judge(expectation: Expectation, found: Moments, incident: Incident) -> ExpectationResult:
    met, at, why = _RULES[expectation.rule](expectation, found, incident)
    if not met and expectation.missed:
        why = f"{why} {expectation.missed}"
    return ExpectationResult(
        title=expectation.title,
        met=met,
        at=at,
        why=why,
        objective=expectation.objective,
        critical=expectation.critical,
    )


def _happened(expectation: Expectation, found: Moments, incident: Incident) -> _Verdict:
    at = first(found, expectation.happened)
    if at is None:
        return (
            False,
            None,
            f"It never came to: {' or '.join(say(name, incident.plan) for name in expectation.happened)}.",
        )
    return True, at, f"Done at {_clock(at)}."


def _before(expectation: Expectation, found: Moments, incident: Incident) -> _Verdict:
    one, two = (first(found, [name]) for name in expectation.before)
    earlier, later = (say(name, incident.plan) for name in expectation.before)
    if one is None:
        return False, two, f"It never came to: {earlier}{f'. But at {_clock(two)}: {later}' if two else ''}."
    if two is None:
        return True, one, f"At {_clock(one)}: {earlier}."
    if one <= two:
        return True, one, f"At {_clock(one)}: {earlier}. At {_clock(two)}: {later}."
    return False, two, f"The other way round. At {_clock(two)}: {later}. At {_clock(one)}: {earlier}."


def _within(expectation: Expectation, found: Moments, incident: Incident) -> _Verdict:
    at = first(found, [expectation.within])
    if at is None:
        return False, None, f"It never came to: {say(expectation.within, incident.plan)}."
    minutes = (at - incident.declared_at) / timedelta(minutes=1)
    words = f"After {minutes:.1f} min; expected within {expectation.minutes:g} min."
    return minutes <= expectation.minutes, at, words


def _never(expectation: Expectation, found: Moments, incident: Incident) -> _Verdict:
    at = first(found, expectation.never)
    if at is None:
        return True, None, "It did not happen."
    name = next(name for name in expectation.never if found.get(name, [None])[0] == at)
    return False, at, f"At {_clock(at)}: {say(name, incident.plan)}."


_RULES: dict[str, Callable[[Expectation, Moments, Incident], _Verdict]] = {
    "happened": _happened,
    "before": _before,
    "within": _within,
    "never": _never,
}


def _inject(inject: Inject, incident: Incident, found: Moments) -> InjectResult:
    given_at = incident.review.injects.get(inject.id)
    return InjectResult(
        id=inject.id,
        text=inject.text,
        planned_s=inject.at_s,
        given_at=given_at,
        expected=inject.expected,
        observed=_observed(inject, given_at, found, incident.plan),
    )


def _observed(inject: Inject, given_at: datetime | None, found: Moments, plan: Plan) -> str:
    if given_at is None:
        return "not given: the exercise did not come to it"
    if not inject.expected:
        return "for information"
    answers = [(at, name) for name in inject.answered_by for at in found.get(name, []) if at >= given_at]
    if not answers:
        return "nothing that answers it" if inject.answered_by else "not measured: see notes and hot wash"
    at, name = min(answers)
    return f"{say(name, plan)}, {exact_duration(round((at - given_at).total_seconds()))} later"


def first(found: Moments, names: Iterable[str]) -> datetime | None:
    """Return when the first of some moments was reached, or None."""
    return min((at for name in names for at in found.get(name, [])), default=None)


def _clock(at: datetime) -> str:
    return f"{at:%H:%M:%S} UTC"


__all__ = [
    "RATING_WORDS",
    "Assessment",
    "Exercise",
    "ExpectationResult",
    "InjectResult",
    "ObjectiveResult",
    "Rating",
    "assess",
]

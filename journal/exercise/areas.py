"""Strengths of an exercise, and areas for improvement, each with the question for its root cause."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from textwrap import shorten
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from journal.exercise.assessment import Assessment, ExpectationResult

_SHOWN = 90
"""Characters of a note by which a question names it."""
_NAMED = 3
"""How many expectations a question names: one is asked for all of an objective that turned out alike."""
_ASKED = {
    "missed": "Why was this missed (not known, not in the plan, not possible, no time): {}?",
    "repaired": "What let this go wrong at first, and what showed it: {}?",
    "harmed": "What let this reach users, and what would have stopped it: {}?",
}


class Strength(msgspec.Struct, frozen=True, kw_only=True):
    """Something that was done well, and what shows it. ``objective``: the id of the one it tells of, or empty."""

    title: str
    seen: str
    objective: str = ""


class Area(msgspec.Struct, frozen=True, kw_only=True):
    """An area for improvement: what was expected, what was seen, and the question for its root cause.

    Attributes:
        ask: the same for all of an objective with the same result: a bad run has many, and people answer a few.
        result: missed, repaired, harmed; or noted: by whoever led the exercise.
    """

    title: str
    seen: str
    ask: str
    result: str
    objective: str = ""
    critical: bool = False


def strengths(shown: Assessment) -> list[Strength]:
    """Return what was met, and what the facilitator noted as done well."""
    met = [Strength(title=one.title, seen=one.why, objective=one.objective) for one in shown.expectations if one.met]
    return met + [
        Strength(title=mark.text, seen=f"noted of {mark.who} by {mark.by}")
        for mark in shown.marks
        if mark.mark == "good"
    ]


def areas(shown: Assessment) -> list[Area]:
    """Return what was not met, the critical first, and what the facilitator noted as to be improved."""
    unmet = sorted((one for one in shown.expectations if not one.met), key=lambda one: not one.critical)
    alike = defaultdict[tuple[str, str], list[str]](list)
    for one in unmet:
        alike[one.objective, one.result].append(f"“{one.title.rstrip('.?')}”")
    return [*(_area(one, alike[one.objective, one.result]) for one in unmet), *_noted(shown)]


def _area(one: ExpectationResult, alike: Sequence[str]) -> Area:
    more = f" and {len(alike) - _NAMED} more" if len(alike) > _NAMED else ""
    return Area(
        title=one.title,
        seen=one.why,
        ask=_ASKED[one.result].format(", ".join(alike[:_NAMED]) + more),
        result=one.result,
        objective=one.objective,
        critical=one.critical,
    )


def _noted(shown: Assessment) -> Iterator[Area]:
    for mark in shown.marks:
        if mark.mark == "improve":
            named = shorten(mark.text, _SHOWN, placeholder="…").rstrip(".?")
            yield Area(
                title=mark.text,
                seen=f"noted of {mark.who} by {mark.by}",
                ask=f"What lies behind this, in the plan or the means and not in the person: “{named}”?",
                result="noted",
            )

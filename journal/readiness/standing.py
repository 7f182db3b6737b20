"""The plan's open points: what looks on ordinary days found wrong, until a look finds it well. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

import msgspec

from journal.plan.placed import placed_steps
from journal.plan.read import LoadedPlan
from journal.readiness.finding import ReadyFinding
from journal.wording.instants import utc
from journal.yamlfile.problem import Problem

_WHOLE = ("system ", "host ", "account ", "accounts on ", "our account on ", "backups of ")
"""How the names of looks begin that everything else at a system, host or account hangs on."""


class OpenPoint(msgspec.Struct, frozen=True, kw_only=True):
    """Something that steps of the plan need, and that was found wrong.

    Attributes:
        about: what it is about; ``words``: what was seen; ``cure``: what to do about it.
        steps: the ids of the plan's steps that need it.
        systems: the inventory's systems that do.
        stops: without it those steps cannot be done.
        since: the first look that found it wrong; ``seen``: the last one that did, in UTC.
    """

    about: str
    words: str
    cure: str
    steps: Sequence[str]
    systems: Sequence[str]
    stops: bool
    since: datetime
    seen: datetime

    def line(self, numbers: Mapping[str, str], at: datetime) -> str:
        """Return it in a line, with the numbers of its steps.

        Args:
            numbers: the plan's numbers of its steps, by their ids.
            at: the last look, in UTC: a point that this one could not look at says so.
        """
        named = [numbers[one] for one in self.steps if one in numbers]
        more = f" and {len(named) - 3} more" if len(named) > 3 else ""
        again = "" if self.seen == at else f" (seen {utc(self.seen)}, and nobody could look again since)"
        return f"{', '.join(named[:3])}{more}: {self.about}: {self.words.rstrip('.')}{again}. {self.cure}".rstrip()


def standing(
    before: Sequence[OpenPoint], found: Sequence[ReadyFinding], at: datetime, systems: Sequence[str]
) -> list[OpenPoint]:
    """Return the open points after a look: what it found wrong, and what was wrong and nobody could look at again.

    Args:
        before: the open points before it.
        found: what it found.
        at: when, in UTC.
        systems: the inventory's systems: what was about others alone is no open point any more.
    """
    since = {one.about: one.since for one in before}
    now = {one.about: _point(one, since.get(one.about, at), at) for one in found if one.state == "wrong" and one.steps}
    unseen = [one for one in found if one.state == "not measured"]
    seen = {one.about for one in found if one.state != "not measured"}
    kept = [
        one
        for one in before
        if one.about not in seen and _is_there(one, systems) and any(_hides(each, one) for each in unseen)
    ]
    return [*now.values(), *kept]


def _point(found: ReadyFinding, since: datetime, at: datetime) -> OpenPoint:
    return OpenPoint(
        about=found.about,
        words=found.words,
        cure=found.cure,
        steps=found.steps,
        systems=found.systems,
        stops=found.stops,
        since=since,
        seen=at,
    )


def _is_there(point: OpenPoint, systems: Sequence[str]) -> bool:
    """Whether the inventory still has a system that a point is about; a command's program is no system's."""
    return not point.systems or bool(set(point.systems) & set(systems))


def _hides(unseen: ReadyFinding, point: OpenPoint) -> bool:
    """Whether nobody could look at a point again, by what was not measured."""
    whole = unseen.about.startswith(_WHOLE) and bool(set(unseen.systems) & set(point.systems))
    return unseen.about == point.about or whole


def as_problems(loaded: LoadedPlan, points: Sequence[OpenPoint], at: datetime) -> Iterator[Problem]:
    """Yield open points as warnings at the first step of the plan that each is about; one of other steps is none.

    Args:
        loaded: the plan.
        points: the open points.
        at: the last look, in UTC.
    """
    places = {step.id: path for path, step in placed_steps(loaded.plan)}
    for one in points:
        path = next((places[step] for step in one.steps if step in places), None)
        if path is not None:
            said = f"cleo ready of {utc(at)}: {one.line(loaded.plan.numbers, at)}"
            yield Problem(loaded.source.file, loaded.source.line(path), path, said, "warning")

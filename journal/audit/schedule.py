"""Which of the tests that a plan asks for were held, and when each is due."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from journal.audit import model as m
from journal.audit.span import Period, Span, periods
from journal.events.types import Kind
from journal.plan.routine import HeldBy
from journal.wording.instants import utc

if TYPE_CHECKING:
    from journal.plan.model import Plan

FINE = ("held", "a person's word", "due", "not judged")
"""The verdicts on a test that leave nothing to be said."""
_NOTED = "a note"
_LEFT = ("closed with", "open")
"""How the outcome of an exercise begins that was not completed."""
_VERDICTS = {
    Kind.DRILL: "held",
    Kind.LAB: "lab only",
    Kind.TABLETOP: "talked through only",
    Kind.REAL: "real incident only",
}
"""What the best kind of exercise makes of a test, the best first."""
_WORDS = {
    "held": "held on systems of the inventory",
    "lab only": "held on a lab, on none of the real systems",
    "talked through only": "held as a tabletop: nothing was run on any system",
    "real incident only": "no test was held; the same was done in a real incident",
    "not completed": "begun, but not completed",
    "not proven": "a journal shows it that does not verify",
    "a person's word": "by a note alone: nothing that was run shows it",
}


def tests(
    plan: Plan, incidents: Sequence[m.IncidentEvidence], whole: set[str], span: Span, now: datetime
) -> list[m.TestRow]:
    """Return every test in every period that has a part of the span, the periods in order.

    Args:
        plan: whose schedule it is.
        incidents: what may show that a test was held.
        whole: the names of the files in the pack that verify.
        span: a period that lies in it in part is judged only where a test is found in that part.
        now: a period that is not over by now is still due.
    """
    return [
        _row(item, test.every, period, _shown(test.held_by.get(item), item, incidents, whole, period), span, now)
        for test in plan.tests
        for item in test.items
        for period in periods(test.every, span)
    ]


def _row(item: str, every: str, period: Period, shown: list[m.Shown], span: Span, now: datetime) -> m.TestRow:
    verdict, words = _judged(shown) if shown else _not_shown(period, span, now)
    return m.TestRow(
        item=item, every=every, period=period.name, due_by=period.span.end, verdict=verdict, words=words, shown=shown
    )


def _judged(shown: Sequence[m.Shown]) -> tuple[str, str]:
    """Return the verdict of the best that was held: proven, completed and of the best kind."""
    ended = [one for one in shown if counts(one)]
    if not any(one.proven for one in shown):
        verdict = "not proven"
    elif not ended:
        verdict = "not completed"
    else:
        ran = [one for one in ended if one.by != _NOTED] or ended
        best = min(ran, key=lambda one: list(_VERDICTS).index(Kind(one.kind)))
        verdict = "a person's word" if best.by == _NOTED else _VERDICTS[Kind(best.kind)]
    return verdict, _WORDS[verdict]


def counts(shown: m.Shown) -> bool:
    """Return whether a journal that verifies shows a test to its end."""
    return shown.proven and came_to_its_end(shown.outcome)


def came_to_its_end(outcome: str) -> bool:
    """Return whether an incident of this outcome was completed: closed with nothing left open or in doubt."""
    return not outcome.startswith(_LEFT)


def _not_shown(period: Period, span: Span, now: datetime) -> tuple[str, str]:
    if period.span.end > now:
        return "due", f"not held yet; due until {utc(period.span.end)}"
    if period.span.begin < span.begin or period.span.end > span.end:
        return "not judged", "this pack holds a part of the period only, and nothing in that part shows it"
    return "NOT HELD", "no journal shows it"


def _shown(
    held_by: HeldBy | None, item: str, incidents: Sequence[m.IncidentEvidence], whole: set[str], period: Period
) -> list[m.Shown]:
    """Return what shows a test in a period: it counts where it ended, or in which it is still open."""
    found = []
    for one in incidents:
        at = one.closed_at or one.last_at
        if period.span.holds(at) and (how := shown_by(held_by, item, one)):
            found.append(
                m.Shown(id=one.id, kind=one.kind, at=at, outcome=one.outcome, by=how, proven=one.file in whole)
            )
    return found


def shown_by(held_by: HeldBy | None, item: str, incident: m.IncidentEvidence) -> str:
    """Return by what an incident shows a test; empty where it does not."""
    if item.lower() in incident.said:
        return _NOTED
    if held_by is None or (held_by.scenarios and incident.scenario not in held_by.scenarios):
        return ""
    ran = list(_ran(held_by, incident))
    if (held_by.actions and not ran) or not set(held_by.steps).issubset(incident.steps_done):
        return ""
    return ", ".join([*ran, *held_by.steps]) or f"scenario {incident.scenario_title}"


def _ran(held_by: HeldBy, incident: m.IncidentEvidence) -> Iterator[str]:
    yield from filter(held_by.asks_for, incident.actions)

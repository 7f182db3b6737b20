"""From what journals show to how each test of the plan stands: pure, for command line and programs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import groupby, takewhile
from typing import TYPE_CHECKING

from cleo_console.drills.forms import HeldOnce, Standing, State
from cleo_console.drills.trends import trends
from journal.audit import model as m
from journal.audit.schedule import counts, tests
from journal.audit.span import Span

if TYPE_CHECKING:
    from journal.plan.model import Plan
    from journal.plan.routine import HeldBy

_YEARS = 3
"""Years of the calendar that are looked at, this one included."""
_PART = ("lab only", "talked through only", "a person's word", "real incident only")
NEVER = -1


def looked_at(now: datetime) -> Span:
    """Return the span of which journals are looked at: from the beginning of a year, so that all periods are whole."""
    return Span(begin=datetime(now.year - _YEARS + 1, 1, 1, tzinfo=UTC), end=now)


def standings(plan: Plan, incidents: Sequence[m.IncidentEvidence], whole: set[str], now: datetime) -> list[Standing]:
    """Return how each test of a plan stands, in the plan's order.

    Args:
        plan: whose tests they are.
        incidents: what may show that a test was held.
        whole: the ``file`` of each whose journal verifies.
        now: the present.
    """
    rows = tests(plan, incidents, whole, looked_at(now), now)
    held_by = {item: test.held_by.get(item) for test in plan.tests for item in test.items}
    return [
        _standing(list(of), incidents, held_by[item])
        for (item, _), of in groupby(rows, key=lambda row: (row.item, row.every))
    ]


def _standing(rows: Sequence[m.TestRow], incidents: Sequence[m.IncidentEvidence], held_by: HeldBy | None) -> Standing:
    """Return how one test stands, by its periods in order, of which the last is the present one."""
    now, shown = rows[-1], sorted((one for row in rows for one in row.shown), key=lambda one: one.at)
    missed = list(takewhile(lambda row: _state(row) is None, rows[::-1]))
    held, by_id = [one for one in shown if counts(one)], {one.id: one for one in incidents}
    return Standing(
        item=now.item,
        every=now.every,
        state=_state(now) or ("overdue" if len(missed) > 1 else "due"),
        words=now.words,
        due_by=now.due_by,
        missed=len(missed) - 1 if len(missed) < len(rows) else NEVER,
        held=[_held(one) for one in held],
        tried=list(_tried(incidents, held_by, since=max([rows[-2].due_by, *(one.at for one in held)]))),
        trends=trends([by_id[one.id] for one in held], held_by),
    )


def _state(row: m.TestRow) -> State | None:
    """Return what a period's verdict makes of a test; None: it was not held."""
    if row.verdict == "held":
        return "passed"
    return "in part" if row.verdict in _PART else None


def _held(shown: m.Shown) -> HeldOnce:
    return HeldOnce(at=shown.at, incident=shown.id, kind=shown.kind, by=shown.by, outcome=shown.outcome)


def _tried(incidents: Sequence[m.IncidentEvidence], held_by: HeldBy | None, since: datetime) -> Iterator[str]:
    """Yield the restores that a test asks for, and that were tried since then and did not succeed."""
    if held_by is None:
        return
    for one in incidents:
        for restore in one.restores:
            if held_by.asks_for(restore.action) and restore.at >= since and restore.state != "succeeded":
                yield f"{one.id}: {restore.system or restore.action} {restore.state}: {restore.words}"

"""How the plan's tests stand, as plain values: what ``cleo schedule --json`` prints."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

State = Literal["passed", "in part", "due", "overdue"]
What = Literal["recovery", "loss"]
ItemState = Literal["overdue", "due", "open", "no date", "done"]


class HeldOnce(msgspec.Struct, frozen=True, kw_only=True):
    """A time that a test was held."""

    at: datetime
    incident: Annotated[str, Meta(description="whose journal shows it")]
    kind: Annotated[str, Meta(description="REAL, DRILL, LAB or TABLETOP")]
    by: Annotated[str, Meta(description="what in the journal shows it")]
    outcome: Annotated[str, Meta(description="how that incident was closed")]


class Point(msgspec.Struct, frozen=True, kw_only=True):
    """A value that was measured as a test was held."""

    at: datetime
    incident: str
    seconds: float
    bound: Annotated[str, Meta(description="'at most' or 'at least' where it is a bound; else empty")] = ""


class Trend(msgspec.Struct, frozen=True, kw_only=True):
    """The values of one thing over the times that a test was held, the oldest first."""

    about: Annotated[str, Meta(description="the system, or the objective's title")]
    what: Annotated[What, Meta(description="how long it took, or how much was lost")]
    points: list[Point]


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """How one test of the plan stands."""

    item: str
    every: Annotated[str, Meta(description="month, quarter or year")]
    state: Annotated[
        State,
        Meta(description="in part: held, but not as a drill on the inventory's systems; overdue: the last period, too"),
    ]
    words: Annotated[str, Meta(description="what the journals show of it in this period")]
    due_by: Annotated[datetime, Meta(description="the end of this period")]
    missed: Annotated[int, Meta(description="periods in a row without it, up to this one; -1: never held")]
    held: Annotated[
        list[HeldOnce], Meta(description="each time a journal that verifies shows it to its end, the oldest first")
    ]
    tried: Annotated[list[str], Meta(description="what was begun for it in this period and did not succeed")]
    trends: list[Trend]

    @property
    def last(self) -> HeldOnce | None:
        """When it was held last; None: never."""
        return self.held[-1] if self.held else None


class Improvement(msgspec.Struct, frozen=True, kw_only=True):
    """An action item of an incident's or an exercise's improvement plan."""

    incident: Annotated[str, Meta(description="whose journal has it")]
    kind: Annotated[str, Meta(description="REAL, DRILL, LAB or TABLETOP")]
    title: Annotated[str, Meta(description="of the incident")]
    id: Annotated[str, Meta(description="in that journal")]
    text: str
    owner: Annotated[str, Meta(description="empty: nobody named")]
    due: Annotated[str, Meta(description="a day, such as 2026-12-31; empty: none named")]
    objective: Annotated[str, Meta(description="the id of the exercise's objective that it serves; empty: none")]
    cause: Annotated[str, Meta(description="why it is needed; empty: not named")]
    state: Annotated[ItemState, Meta(description="due: within 14 days; overdue: its day is over; open: later")]
    written_by: str
    written_at: datetime
    done_at: datetime | None
    how: Annotated[str, Meta(description="what was put in order; empty while it is open")]


class Schedule(msgspec.Struct, frozen=True, kw_only=True):
    """How all tests of a plan stand."""

    made_at: datetime
    plan: str
    since: Annotated[datetime, Meta(description="older journals were not looked at")]
    journals: Annotated[int, Meta(description="how many journals were read")]
    doubtful: Annotated[list[str], Meta(description="journals that could not be read, or do not verify, and why")]
    tests: list[Standing]
    improvements: Annotated[list[Improvement], Meta(description="what is not done yet, the most urgent first")] = []
    format: int = 1

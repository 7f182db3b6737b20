"""The time axis of a drawing, for minutes as well as for days."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from journal.report.drawing.shapes import Tick
from journal.report.model import Report
from journal.wording.durations import exact_duration
from journal.wording.instants import offset

LEFT, RIGHT = 230.0, 1000.0
_STEPS_S = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400, 172800, 604800)
_MOST_TICKS = 9
_FEWEST_S = 20.0
_LONG_BEFORE = 1.5
"""If the disruption lies this many times the response's length before it, the axis begins with the response."""


@dataclass(frozen=True, slots=True)
class Axis:
    """The axis from ``start`` to ``end``. ``zero`` is the disruption; ``earlier`` tells of it if it lies before."""

    start: datetime
    end: datetime
    zero: datetime
    earlier: str = ""
    left: float = LEFT
    right: float = RIGHT

    def x(self, at: datetime) -> float:
        """Return the x of an instant; one outside of the axis is at the nearer end."""
        share = (at - self.start) / (self.end - self.start)
        return round(self.left + (self.right - self.left) * min(1.0, max(0.0, share)), 1)

    def holds(self, at: datetime) -> bool:
        """Return whether an instant is on the axis."""
        return self.start <= at <= self.end

    def ticks(self) -> list[Tick]:
        """Return the ticks, at round distances from the disruption."""
        span = (self.end - self.start).total_seconds()
        step = next((step for step in _STEPS_S if span / step <= _MOST_TICKS), int(span / _MOST_TICKS) + 1)
        first = -(-int((self.start - self.zero).total_seconds()) // step)
        return [
            self._tick(number * step) for number in range(first, first + _MOST_TICKS + 2) if self._on(number * step)
        ]

    def _on(self, seconds: int) -> bool:
        return self.holds(self.zero + timedelta(seconds=seconds))

    def _tick(self, seconds: int) -> Tick:
        at = self.zero + timedelta(seconds=seconds)
        return Tick(self.x(at), offset(seconds), f"{at.astimezone(UTC):%H:%M:%S}")


def axis_of(report: Report) -> Axis:
    """Return the axis for a report: from the disruption to closing, or to the last thing that was done."""
    times = {time.name: time.at for time in report.times}
    began, declared = (times[name] or report.as_of for name in ("t_disruption", "t_declared"))
    end = times["t_closed"] or max((at for at in _moments(report)), default=declared)
    end = max(end, declared + timedelta(seconds=_FEWEST_S))
    lead, response = declared - began, end - declared
    if lead <= response * _LONG_BEFORE:
        return Axis(min(began, declared), end + (end - began) * 0.01, began)
    start = declared - response * 0.08
    earlier = f"disruption {exact_duration((start - began).total_seconds())} before this edge"
    return Axis(start, end + response * 0.01, began, earlier)


def _moments(report: Report) -> Iterator[datetime]:
    """Yield the times when something was done or seen, without what people write afterwards."""
    for run in report.actions:
        yield run.finished_at or run.started_at or run.requested_at
    yield from (decision.at for decision in report.decisions)
    yield from (change.at for change in report.health)
    yield from (step.at for phase in report.checklist for part in phase.sections for step in part.steps if step.at)
    yield from (time.at for time in report.times if time.at)

"""When each recovery time objective would be reached: the steps that are left on the longest way to it. Pure."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from journal.incident import clocks
from journal.incident.restore_time import expected_seconds
from journal.plan.applies import applies

if TYPE_CHECKING:
    from journal.incident.clocks import RtoClock
    from journal.incident.state import Incident
    from journal.plan.model import Step


class Forecast(NamedTuple):
    """What one objective's steps would take, those that do not need each other at the same time.

    Attributes:
        clock: the objective's clock.
        seconds: what the steps on the longest way take that have a figure.
        unknown: how many of the steps on any way have none: it takes longer than ``seconds``.
    """

    clock: RtoClock
    seconds: float
    unknown: int

    @property
    def over(self) -> float:
        """Seconds by which the objective would be missed; negative: what is left then."""
        return self.seconds - self.clock.left


def steps_left(incident: Incident, strategy: str) -> list[Step]:
    """Return the required steps that this strategy leaves to be done, as far as the decisions made so far tell."""
    answers = {**incident.answers, "strategy": strategy}
    return [
        step
        for step in incident.plan.steps()
        if incident.is_required(step)
        and step.kind != "decision"
        and applies(step, answers) is not False
        and incident.can_be_done(step)
        and not (incident.steps[step.id].state is not None and incident.settled(step.id))
    ]


def forecasts(incident: Incident, strategy: str, now: datetime) -> list[Forecast]:
    """Return a forecast for each objective that is not reached yet, and that a step which is left would reach.

    Args:
        incident: its state.
        strategy: the strategy that would be followed.
        now: the present.
    """
    left = {step.id: step for step in steps_left(incident, strategy)}
    found = []
    for clock in clocks.rto(incident, now):
        ends = [step for step in incident.plan.objectives.rto[clock.tier].validated_by if step in left]
        if ends and clock.achieved_at is None:
            way = _Ways(incident, left, now)
            seconds = max(way.longest(step) for step in ends)
            found.append(Forecast(clock, seconds, sum(not way.own(step) for step in way.seen if step in left)))
    return found


class _Ways:
    """The ways that lead to a step, by what each step needs."""

    def __init__(self, incident: Incident, left: dict[str, Step], now: datetime) -> None:
        self._incident, self._left, self._now = incident, left, now
        self.seen: dict[str, float] = {}

    def longest(self, step_id: str) -> float:
        """Return the seconds until a step is done, with all that it needs."""
        if step_id not in self.seen:
            needs = self._incident.plan.by_id[step_id].needs
            before = max((self.longest(needed) for needed in needs), default=0.0)
            self.seen[step_id] = before + self.own(step_id)
        return self.seen[step_id]

    def own(self, step_id: str) -> float:
        """Return the seconds that a step itself has to go; 0 where it is not left, or has no figure."""
        if step_id not in self._left:
            return 0.0
        expected = expected_seconds(self._incident, self._left[step_id])
        record = self._incident.steps[step_id]
        under_way = self._incident.state(step_id).active and record.started_at
        gone = (self._now - record.started_at).total_seconds() if under_way and record.started_at else 0.0
        return max(1.0, expected - gone) if expected else 0.0

"""The moments of a tabletop to which it can be rewound, in words."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from journal.exercise.rewinding import Place, places
from journal.incident.state import Incident
from journal.report.words import sentence


class Moment(NamedTuple):
    """What is played anew, and the seq of the event before it, which is the last that counts."""

    to: int
    at: datetime
    words: str

    @property
    def before(self) -> str:
        """The moment as the journal has it."""
        return f"before {self.at:%H:%M:%S}, {self.words}"


def moments(incident: Incident) -> list[Moment]:
    """Return all there are, the latest first."""
    return [_moment(place) for place in places(incident)][::-1]


def _moment(place: Place) -> Moment:
    body, plan = place.next.body, place.state.plan
    step = f"{plan.by_id[body.step].title}: " if body.step in plan.by_id else ""
    return Moment(place.to, place.next.at, f"{step}{sentence(place.state, body)}")

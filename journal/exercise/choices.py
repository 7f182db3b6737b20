"""What people chose in an exercise, and who: answers, gates overridden, steps left out, and what was done by hand."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING

import msgspec

from journal.events import types as e
from journal.incident.answers import answer_title

if TYPE_CHECKING:
    from journal.incident.state import Incident


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that a person chose; ``reason`` is empty where they gave none."""

    at: datetime
    by: str
    what: str
    reason: str


class Choices:
    """Collects them from events that pass by.

    Args:
        incident: gives steps and answers their titles.
    """

    def __init__(self, incident: Incident) -> None:
        self._incident = incident
        self.found: list[Choice] = []

    def watch(self, events: Iterable[e.Event]) -> Iterator[e.Event]:
        """Yield the events as they are."""
        for event in events:
            self.found += (
                Choice(at=event.at, by=event.actor, what=what, reason=reason)
                for what, reason in self._chosen(event.body)
            )
            yield event

    def _chosen(self, body: e.Body) -> Iterator[tuple[str, str]]:
        step = self._incident.plan.by_id.get(body.step)
        title = step.title if step else body.step
        if isinstance(body, e.DecisionMade):
            yield f"{title}: {answer_title(self._incident, body.name, body.answer)}", body.reason
        elif isinstance(body, e.StepSkipped):
            yield f"{title}: left out", body.reason
        elif isinstance(body, e.StepMarkedDone) and step and step.action:
            yield f"{title}: done by hand", body.note
        elif isinstance(body, e.RunRequested):
            for override in body.overrides:
                yield f"{title or body.action}: the gate {override.gate} overridden", override.reason

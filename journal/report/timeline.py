"""The timeline: every event in words, in the order in which they happened. Each iteration reads the journal again."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from journal.events import types as e
from journal.incident.counted import counts
from journal.incident.late import happened_at
from journal.report import evidence as ev
from journal.report.words import sentence

if TYPE_CHECKING:
    from journal.incident.state import Incident

ReadEvents = Callable[[], Iterable[e.Event]]
"""Returns the events of one journal, from the first to the last one that is reported, at each call."""


class EntryBuilder:
    """Makes timeline entries from events. It uses only the incident's plan and beginning, which never change."""

    def __init__(self, incident: Incident) -> None:
        self._incident = incident
        self._began_at = incident.began_at
        plan = incident.plan
        self._names = {s.id: ev.StepName(id=s.id, number=plan.numbers[s.id], title=s.title) for s in plan.steps()}

    def step(self, step_id: str) -> ev.StepName:
        """Return a step with number and title; only its id where the plan does not have it."""
        return self._names.get(step_id) or ev.StepName(id=step_id)

    def offset(self, at: datetime) -> float:
        """Return the distance of ``at`` from the disruption, in seconds."""
        return (at - self._began_at).total_seconds()

    def entry(self, event: e.Event) -> ev.Entry:
        """Return an event as an entry of the timeline."""
        happened = happened_at(event.body)
        at = happened or event.at
        return ev.Entry(
            seq=event.seq,
            at=at,
            written_at=event.at,
            late=happened is not None,
            offset_s=(at - self._began_at).total_seconds(),
            actor=event.actor,
            host=event.host,
            type=event.type,
            step=self.step(event.body.step),
            text=self.text(event),
        )

    def text(self, event: e.Event) -> str:
        """Return an event in words; what was rewound is said to be so."""
        words = sentence(self._incident, event.body)
        return words if counts(self._incident, event) else f"Played, then rewound: {words}"


class Timeline:
    """The entries of a report, one at a time, so that a journal of any length needs little memory.

    A late entry comes where it happened; the others keep the order of the journal, even if the clock was set back.

    Args:
        read: returns the events.
        entry_builder: makes entries from them.
        late: the late entries, in any order.
        events: how many events there are.
    """

    def __init__(self, read: ReadEvents, entry_builder: EntryBuilder, late: Iterable[ev.Entry], events: int) -> None:
        self._read = read
        self._entry_builder = entry_builder
        self._late = sorted(late, key=lambda entry: (entry.at, entry.seq))
        self._events = events

    def __len__(self) -> int:
        return self._events

    def __iter__(self) -> Iterator[ev.Entry]:
        reached, placed = None, 0
        for event in self._read():
            if event.seq > self._events:
                break  # written after the report's last event
            if happened_at(event.body):
                continue
            reached = max(reached, event.at) if reached else event.at
            while placed < len(self._late) and self._late[placed].at < reached:
                yield self._late[placed]
                placed += 1
            yield self._entry_builder.entry(event)
        yield from self._late[placed:]

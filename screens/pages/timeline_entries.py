"""Reads the timeline's entries from the journal: by number, or by a search from the end backwards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from journal.events.types import Event
from journal.report.evidence import Entry
from journal.report.timeline import EntryBuilder
from journal.store.reader import Reader

BATCH = 2_000
"""Events searched in one go: about 50 ms, so that rows which are asked for meanwhile need not wait."""

KINDS: Mapping[str, tuple[str, ...]] = {
    "runs": (
        "run.requested",
        "run.refused",
        "cancel.requested",
        "action.started",
        "action.reentered",
        "program.started",
        "program.finished",
        "action.finished",
        "action.in_doubt",
        "doubt.resolved",
        "inventory.read",
        "scripts.read",
        "runner.started",
        "runner.stopped",
    ),
    "decisions": (
        "incident.declared",
        "decision.made",
        "item.checked",
        "step.marked_done",
        "step.skipped",
        "step.reopened",
        "incident.closed",
        "incident.reopened",
    ),
    "notes": (
        "note.added",
        "report.field",
        "report.action_item",
        "report.action_item_done",
        "report.signed_off",
        "exercise.hot_wash",
    ),
    "health": ("health.changed", "exposure.measured"),
    "people": (
        "contact.paged",
        "contact.acknowledged",
        "contact.taken_back",
        "inject.given",
        "inject.answered",
        "exercise.began",
        "exercise.paused",
        "exercise.said",
        "exercise.marked",
        "inject.led",
        "lab.chosen",
        "lab.fault",
        "lab.undone",
        "report.signed_off",
    ),
}
"""The kinds that the timeline can be filtered by, with the event types of each."""


@dataclass(frozen=True, slots=True)
class Filter:
    """What is looked for; an empty part matches every event."""

    kind: str = ""
    step: str = ""
    actor: str = ""
    text: str = ""

    @property
    def types(self) -> tuple[str, ...]:
        """The event types that are looked for; none for all."""
        return KINDS.get(self.kind, ())

    def admits(self, event: Event, entry_builder: EntryBuilder) -> bool:
        """Return whether the event is what is looked for. Its type was looked at already.

        Only what is found becomes an entry: that takes longer than to see that most are not what is looked for.
        """
        if (self.step and event.body.step != self.step) or (self.actor and event.actor != self.actor):
            return False
        if not self.text:
            return True
        step = entry_builder.step(event.body.step)
        words = f"{entry_builder.text(event)} {event.actor} {step.number} {step.title}"
        return self.text.casefold() in words.casefold()


class Found(NamedTuple):
    """What one batch found, and the number before which the next one looks; 0: all was looked at."""

    entries: dict[int, Entry]
    before: int


def read_entries(reader: Reader, entry_builder: EntryBuilder, seqs: Sequence[int]) -> dict[int, Entry]:
    """Return the entries of these numbers, which rise; neighbours are read in one go."""
    found: dict[int, Entry] = {}
    start = 0
    for place in range(1, len(seqs) + 1):
        if place == len(seqs) or seqs[place] != seqs[place - 1] + 1:
            events = reader.events(after=seqs[start] - 1, limit=place - start)
            found |= {event.seq: entry_builder.entry(event) for event in events}
            start = place
    return found


def look_back(reader: Reader, entry_builder: EntryBuilder, wanted: Filter, before: int) -> Found:
    """Look for entries in one batch of events, the last before the number ``before``."""
    after = max(0, before - 1 - BATCH)
    return Found(look_ahead(reader, entry_builder, wanted, after, before - 1), after + 1 if after else 0)


def look_ahead(reader: Reader, entry_builder: EntryBuilder, wanted: Filter, after: int, last: int) -> dict[int, Entry]:
    """Return what the events ``after`` … ``last`` have of what is looked for."""
    events = reader.events(after=after, types=wanted.types, until=last)
    return {event.seq: entry_builder.entry(event) for event in events if wanted.admits(event, entry_builder)}

"""Folds a journal's events into the incident's state. Console, runner, report and tests all use this code."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from journal.events.types import Event, ExerciseRewound
from journal.incident.counted import counts
from journal.incident.declaration import first_of
from journal.incident.fold import rewinding, runs, steps, systems, team
from journal.incident.state import Incident
from journal.store.errors import KEEP_AS_IT_IS, JournalDamaged

_HANDLERS = steps.HANDLERS | runs.HANDLERS | systems.HANDLERS | team.HANDLERS


def fold_events(events: Iterable[Event]) -> Incident:
    """Return the state of the incident that ``events`` tell of.

    No event object is kept but in a tabletop, which can be rewound: a journal of any length folds in the memory of its
    plan and its runs.

    Raises:
        JournalDamaged: there is no event, or they are not one incident's, complete and in order.
    """
    stream = iter(events)
    incident = Incident(first_of(stream))
    for event in stream:
        apply_event(incident, event)
    return incident


def fold_journal(path: Path) -> Incident:
    """Return the state of the incident in a journal.

    Args:
        path: the journal's first file.

    Raises:
        JournalError: it cannot be read, or is damaged.
    """
    from journal.store.reader import Reader  # SQLite: most who fold have the events already

    with Reader(path) as reader:
        return fold_events(reader.events())


def apply_event(incident: Incident, event: Event) -> None:
    """Change the state by the next event.

    Raises:
        JournalDamaged: it does not follow the last one, or is about a run that nobody asked for.
    """
    seq = event.seq
    if seq != incident.seq + 1:
        raise JournalDamaged(f"Event {seq} does not follow event {incident.seq}.", KEEP_AS_IT_IS)
    incident.seq, incident.head = seq, event.hash
    actor, body = event.actor, event.body
    incident.actors[actor] = incident.actors.get(actor, 0) + 1
    incident.team.wrote_at[actor] = event.at
    if isinstance(body, ExerciseRewound):
        rewinding.rewind(incident, event, body, _change)
    elif counts(incident, event):
        _change(incident, event)
        if incident.history is not None:
            incident.history.append(event)


def _change(incident: Incident, event: Event) -> None:
    incident.last_at = event.at
    body = event.body
    handler = _HANDLERS.get(type(body))
    if handler:
        handler(incident, event, body)
    else:  # a handler whose event belongs to the review too hands it on itself
        incident.review.apply(event)
    steps.settle_by_what_is_known(incident, event)


def refold(history: Iterable[Event]) -> Iterator[tuple[Incident, Event]]:
    """Yield each event of a tabletop's ``Incident.history``, with the state right after it, one object."""
    return rewinding.refold(history, _change)

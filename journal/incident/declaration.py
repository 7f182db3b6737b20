"""What a journal begins with: the declaration of its incident, which carries the whole plan."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec

from journal.events.types import Event, IncidentDeclared
from journal.plan.model import Plan
from journal.plan.read import plan_from_data
from journal.store.errors import KEEP_AS_IT_IS, JournalDamaged


def first_of(events: Iterator[Event]) -> Event:
    """Take the first event.

    Raises:
        JournalDamaged: there is none.
    """
    first = next(events, None)
    if first is None:
        raise JournalDamaged("The journal holds no event.", KEEP_AS_IT_IS)
    return first


def declaration_of(first: Event) -> IncidentDeclared:
    """Return what a journal's first event declares.

    Raises:
        JournalDamaged: it declares nothing.
    """
    if not isinstance(first.body, IncidentDeclared):
        raise JournalDamaged(f"The journal begins with {first.type}, not with its declaration.", KEEP_AS_IT_IS)
    return first.body


def declared_in(journal: Path) -> IncidentDeclared:
    """Return what a journal declares; no more than its first event is read.

    Raises:
        JournalError: it cannot be read, or declares nothing.
    """
    from journal.store.reader import Reader  # SQLite: most who fold have the events already

    with Reader(journal) as reader:
        return declaration_of(first_of(reader.events(limit=1)))


def plan_of(declared: IncidentDeclared) -> Plan:
    """Return the plan that an incident was declared with.

    Raises:
        JournalDamaged: it is none.
    """
    try:
        return plan_from_data(declared.plan)
    except msgspec.ValidationError as error:
        raise JournalDamaged(
            f"The plan on the first page of {declared.id} cannot be read: {error}.", KEEP_AS_IT_IS
        ) from error

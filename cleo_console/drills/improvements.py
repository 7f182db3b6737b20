"""The improvement plan over all journals: action items of incidents and exercises, until they are done."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from typing import TYPE_CHECKING

from cleo_console.drills.forms import Improvement, ItemState
from journal.errors import CleoError
from journal.events import types as e
from journal.incident.review import ActionItem, Review
from journal.store.journal import Reader

if TYPE_CHECKING:
    from pathlib import Path

    from journal.paths import Paths

SOON_DAYS = 14
"""An item is due from so many days before its day."""
_TYPES = ("incident.declared", "report.action_item", "report.action_item_done")
_ORDER = ("overdue", "due", "open", "no date", "done")


def improvements(rooms: Iterable[Paths], today: date) -> tuple[list[Improvement], dict[str, str]]:
    """Return every action item there is, the most urgent first; and why a journal could not be read, by its incident.

    Args:
        rooms: where incidents, and tabletops, are kept.
        today: the present day.

    Raises:
        CleoError: a room's incidents cannot be listed.
    """
    found: list[Improvement] = []
    unread: dict[str, str] = {}
    for room in rooms:
        for id_ in room.ids():
            try:
                found += _items(room.incident(id_).journal, today)
            except CleoError as error:
                unread[id_] = error.message
    return sorted(found, key=lambda one: (_ORDER.index(one.state), one.due, one.incident, one.id)), unread


def _items(journal: Path, today: date) -> Iterator[Improvement]:
    with Reader(journal) as reader:
        events = reader.events(types=_TYPES)
        first, review = next(events, None), Review()
        if first is None or not isinstance(first.body, e.IncidentDeclared):
            return  # whoever reads the journal as an incident says what is wrong with it
        for event in events:
            review.apply(event)
    for item in review.action_items.values():
        yield Improvement(
            incident=first.body.id,
            kind=first.body.kind,
            title=first.body.title,
            id=item.id,
            text=item.text,
            owner=item.owner,
            due=item.due,
            objective=item.objective,
            cause=item.cause,
            state=_state(item, today),
            written_by=item.by,
            written_at=item.at,
            done_at=item.done_at,
            how=item.how,
        )


def _state(item: ActionItem, today: date) -> ItemState:
    if item.done_at:
        return "done"
    if not item.due:
        return "no date"
    left = date.fromisoformat(item.due) - today
    if left < timedelta(0):
        return "overdue"
    return "due" if left <= timedelta(days=SOON_DAYS) else "open"

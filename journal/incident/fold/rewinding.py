"""Takes a tabletop back to a moment: its state is that moment's; what is of the table, not of the story, stays."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from journal.incident.counted import of_the_table
from journal.incident.rewound import Rewound
from journal.incident.state import Incident

if TYPE_CHECKING:
    from journal.events import types as e

Apply = Callable[[Incident, "e.Event"], None]


def rewind(incident: Incident, event: e.Event, body: e.ExerciseRewound, apply: Apply) -> None:
    """Make ``incident`` what it was after the event that ``body`` names; it stays the same object.

    Nothing happens where that event does not count (any more), or where this is no tabletop: what was done to real
    systems cannot be taken back.
    """
    history = incident.history
    if history is None or body.to not in {one.seq for one in history}:
        return
    story = [one for one in history if one.seq <= body.to]
    kept = [one for one in history if one.seq <= body.to or of_the_table(one.body)]
    again = Incident(kept[0])
    for one in kept[1:]:
        apply(again, one)
    back_to = story[-1].at
    again.plan, again.history = incident.plan, kept
    again.seq, again.head, again.last_at, again.actors = incident.seq, incident.head, back_to, incident.actors
    again.team.wrote_at = {actor: min(at, back_to) for actor, at in incident.team.wrote_at.items()}
    again.rewound = [*incident.rewound, Rewound(event.seq, body.to, event.at, back_to, event.actor)]
    vars(incident).clear()
    vars(incident).update(vars(again))


def refold(history: Iterable[e.Event], apply: Apply) -> Iterator[tuple[Incident, e.Event]]:
    """Yield each event that counts, with the state right after it; the same object every time."""
    incident: Incident | None = None
    for event in history:
        if incident is None:
            incident = Incident(event)
        else:
            apply(incident, event)
        yield incident, event

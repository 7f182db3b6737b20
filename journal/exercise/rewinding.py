"""The moments to which a tabletop can be rewound: those at which nothing runs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from journal.events import types as e
from journal.incident.fold import refold

if TYPE_CHECKING:
    from journal.incident.state import Incident


class Place(NamedTuple):
    """A moment to go back to.

    Attributes:
        to: the seq of the last event that then counts.
        next: what followed it, which is played anew.
        state: the incident right after ``next``, until the next place is asked for: it gives titles.
    """

    to: int
    next: e.Event
    state: Incident


def places(incident: Incident) -> Iterator[Place]:
    """Yield every moment of a tabletop to which it can be rewound, the earliest first; none of what is no tabletop.

    While a run was asked for or under way it cannot: nobody would play that to its end.
    """
    before, quiet = 0, False
    for state, event in refold(incident.history or ()):
        if quiet and isinstance(event.body, _DEEDS):
            yield Place(before, event, state)
        quiet = bool(state.review.exercise) and not (state.unanswered() or state.unfinished())
        before = event.seq


_DEEDS = (
    e.InjectGiven,
    e.InjectReplied,
    e.DecisionMade,
    e.RunRequested,
    e.StepMarkedDone,
    e.StepSkipped,
    e.NoteAdded,
    e.ContactPaged,
)
"""What people do and are told: a facilitator goes back to before one of these."""

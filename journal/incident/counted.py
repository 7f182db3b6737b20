"""What of a tabletop's journal still counts after it was rewound: the journal keeps all of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from journal.events import types as e

if TYPE_CHECKING:
    from journal.incident.state import Incident

_OF_THE_TABLE = (
    e.RunnerStarted,
    e.RunnerStopped,
    e.InventoryRead,
    e.ScriptsRead,
    e.JournalContinued,
    e.RoleTaken,
    e.ExercisePaused,
    e.FacilitatorSaid,
    e.ParticipantMarked,
    e.ActionItemWritten,
    e.ActionItemDone,
    e.HotWashAnswered,
)


def of_the_table(body: e.Body) -> bool:
    """Return whether an event is about those who play and their machines, not about the story: it counts for ever.

    Who is what, notes on participants, hints that were heard, how injects are prepared, a runner's life.
    """
    return isinstance(body, _OF_THE_TABLE) or (isinstance(body, e.InjectLed) and body.do != "give")


def counts(incident: Incident, event: e.Event) -> bool:
    """Return whether an event counts: it was not rewound, nor is it about a run that was."""
    if not incident.rewound:
        return True
    if _lies_in(incident, event.seq) and not of_the_table(event.body):
        return False
    about = (getattr(event.body, "run", 0), getattr(event.body, "probe_of", 0))
    return not any(_lies_in(incident, run) for run in about if run)


def _lies_in(incident: Incident, seq: int) -> bool:
    return any(one.to < seq < one.seq for one in incident.rewound)


def rewound_by(incident: Incident, event: e.Event) -> bool:
    """Return whether an event, the last that changed ``incident``, has rewound it: not every one that asks does."""
    return bool(incident.rewound) and incident.rewound[-1].seq == event.seq

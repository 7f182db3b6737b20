"""What runs leave in force, and what takes it back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from journal.interlock import word_to_type
from journal.records import Run, RunState

if TYPE_CHECKING:
    from journal.incident import Incident


def taken_back(incident: Incident, run: Run) -> None:
    """Keep what is in force true: a run that ended well is sure, one that a gate stopped did nothing."""
    succeeded, target = run.state is RunState.SUCCEEDED, word_to_type(run.target)
    if succeeded:
        incident.in_force.pop((run.action, target), None)
    for key, held in list(incident.in_force.items()):
        if held.run == run.id and run.refusal:
            del incident.in_force[key]
        elif succeeded and (held.action, held.target) == (run.action, target):
            held.sure = True

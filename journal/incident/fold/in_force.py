"""Keeps what runs left in force (holds, blocks) until a run takes it back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from journal.incident.interlock import word_to_type
from journal.incident.records import InForce, Run, RunState

if TYPE_CHECKING:
    from journal.events import types as e
    from journal.incident.state import Incident


def put(incident: Incident, event: e.Event, body: e.ActionStarted) -> None:
    """Add what a run leaves in force, as it begins."""
    target = word_to_type(body.target)
    fresh = InForce(body.action, body.undone_by, target, body.step, event.at)
    incident.in_force.setdefault((body.undone_by, target), fresh).runs.append(body.run)


def ended(incident: Incident, run: Run) -> None:
    """Correct what is in force by a run's end: sure if it succeeded; gone if a gate stopped it, or it left nothing."""
    if run.state is RunState.SUCCEEDED:
        incident.in_force.pop((run.action, word_to_type(run.target)), None)
        moved = [key for key, held in incident.in_force.items() if held.moved_to and held.moved_to == run.system]
        for key in moved:
            if key[0] == run.action:
                del incident.in_force[key]
        _lifted(incident, run)
    for key, held in list(incident.in_force.items()):
        if run.id not in held.runs:
            continue
        if run.refusal or run.facts.get("in_force") is False:
            held.runs.remove(run.id)
        held.sure = held.sure or run.state is RunState.SUCCEEDED
        if not held.runs:
            del incident.in_force[key]


def _lifted(incident: Incident, run: Run) -> None:
    """End what a run says that it took back beside its own work (fact ``lifts``: what takes it back).

    It is of the run's own system, unless the fact ``lifts_at`` names another one.
    """
    lifts, at = run.facts.get("lifts"), run.facts.get("lifts_at", run.system)
    for key, held in list(incident.in_force.items()):
        if lifts and key[0] == lifts and all(incident.runs[one].system == at for one in held.runs):
            del incident.in_force[key]

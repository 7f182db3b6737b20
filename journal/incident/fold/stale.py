"""What a step that is run again makes stale: what was done or verified on the state before it."""

from __future__ import annotations

from journal.incident.instances import settle_all
from journal.incident.records import InstanceRecord, Run, StepRecord, StepState
from journal.incident.state import Incident
from journal.plan.model import Plan, Step

_STALE = frozenset({StepState.DONE, StepState.FOUND, StepState.LOOKED, StepState.MARKED_DONE, StepState.FAILED})


def make_stale(incident: Incident, run: Run, undone_by: str) -> None:
    """Make ready again what stood on the state that a run is about to replace.

    Args:
        incident: its state.
        run: the run that starts.
        undone_by: the action that takes back what it leaves: one that was done before takes back nothing of it.
    """
    step = incident.plan.by_id.get(run.step)
    if step is None:
        return
    for other in incident.plan.steps():
        if other.id != step.id and (_undoes(other, undone_by) or _stands_on(incident.plan, other, step)):
            _open(incident, other, run, step)
    settle_all(incident)


def _undoes(other: Step, undone_by: str) -> bool:
    return bool(undone_by) and other.action == undone_by


def _stands_on(plan: Plan, other: Step, step: Step) -> bool:
    """Whether ``other`` proves what ``step`` does, goes on from it towards that proof, or comes after the proof.

    What destroys and comes after the proof was done for good, except at the same system: its data are replaced.
    """
    if not (step.verified_by and step.destructive) or not other.is_run:
        return False
    if other.id == step.verified_by:
        return True
    if other.verified_by == step.verified_by:
        return step.id in _needed(plan, other)
    same = bool(step.system) and other.system == step.system
    return (same or not other.destructive) and step.verified_by in _needed(plan, other)


def _needed(plan: Plan, step: Step) -> set[str]:
    """Return the steps that must come before one, directly or not."""
    found, ahead = set[str](), list(step.needs)
    while ahead:
        needed = ahead.pop()
        if needed not in found:
            found.add(needed)
            ahead += plan.by_id[needed].needs
    return found


def _open(incident: Incident, other: Step, run: Run, step: Step) -> None:
    record = incident.steps[other.id]
    for one in _records(record, run.system):
        if one.state in _STALE:
            one.state, one.note = None, f"it was {one.state} before {step.title} was run again"


def _records(record: StepRecord, system: str) -> list[InstanceRecord]:
    if not record.each:
        return [record]
    return [one for name, one in record.each.items() if system in ("", name)]

"""What helps after a failure, or against what a look found: the plan's step that does it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from journal.events.types import Cure
from journal.incident.records import Run, StepState
from journal.incident.state import Incident
from journal.plan.model import Step

STUCK = (StepState.FAILED, StepState.CANCELLED)


class Remedy(NamedTuple):
    """A cure, and the step of the plan that does it."""

    cure: Cure
    step: Step


def remedy(incident: Incident, step: Step) -> Remedy | None:
    """Return what helps after the step's last run; None where no step does, or it was tried since."""
    run = incident.last_run(step.id)
    return next(_remedies(incident, run, step), None) if run and incident.state(step.id) in STUCK else None


def helps(incident: Incident, step: Step) -> Remedy | None:
    """Return the cure for which ``step`` is to be run, though it may be done already; None where it cures nothing."""
    found = (remedy(incident, stuck) for stuck in incident.in_state(*STUCK))
    return next((one for one in found if one and one.step.id == step.id), None)


def found_by_looks(incident: Incident) -> Iterator[Remedy]:
    """Yield what helps at once against what the latest looks found, the best first: its step is ready."""
    looks = (incident.last_run(step.id) for step in incident.plan.steps() if step.together)
    for run in sorted((run for run in looks if run and run.finished_at), key=lambda run: -run.id):
        for found in _remedies(incident, run):
            if incident.state(found.step.id) is StepState.READY:
                yield found


def _remedies(incident: Incident, run: Run, failed: Step | None = None) -> Iterator[Remedy]:
    for cure in run.cures:
        for step in incident.plan.steps():
            if cure.action and step.action == cure.action and step is not failed and _helps_yet(incident, step, run):
                yield Remedy(cure, step)


def _helps_yet(incident: Incident, step: Step, run: Run) -> bool:
    """Whether a step applies, and was not done after the run that it helps against."""
    record = incident.steps[step.id]
    since = record.at and run.finished_at and record.at > run.finished_at
    return incident.state(step.id) is not StepState.NOT_APPLICABLE and not (since and incident.settled(step.id))

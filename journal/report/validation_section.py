"""The validation section: every step that validates an objective, or verifies another step."""

from __future__ import annotations

from typing import TYPE_CHECKING

from journal.incident.records import StepState
from journal.report.checklist import states_at
from journal.report.review import ValidationResult

if TYPE_CHECKING:
    from journal.incident.state import Incident
    from journal.plan.model import Plan, Step
    from journal.report.gather import Gathered

_VALIDATION = "validation."
"""Prefix of the names of actions that only verify."""


def validation_results(gathered: Gathered) -> list[ValidationResult]:
    """Return every step that applies and validates or verifies, in the order of the plan, done or not."""
    incident = gathered.incident
    proves = _proves(incident.plan)
    return [
        _result(gathered, step, proves.get(step.id, []))
        for step in incident.plan.steps()
        if step.id in proves or step.action.startswith(_VALIDATION)
        if _counts(incident, step)
    ]


def _counts(incident: Incident, step: Step) -> bool:
    """Return whether a step applies and was not left out as optional."""
    optional = not incident.is_required(step)
    untouched = incident.steps[step.id].at is None
    return incident.state(step.id) is not StepState.NOT_APPLICABLE and not (optional and untouched)


def _proves(plan: Plan) -> dict[str, list[str]]:
    """Return by step what it proves: objectives, and the numbers of other steps."""
    proves: dict[str, list[str]] = {}
    for tier in plan.objectives.rto.values():
        for step_id in tier.validated_by:
            proves.setdefault(step_id, []).append(f"RTO of {tier.title}")
    for step in plan.steps():
        if step.verified_by:
            proves.setdefault(step.verified_by, []).append(f"step {plan.numbers[step.id]}")
    return proves


def _result(gathered: Gathered, step: Step, proves: list[str]) -> ValidationResult:
    incident, record = gathered.incident, gathered.incident.steps[step.id]
    return ValidationResult(
        step=gathered.step_name(step.id),
        state=_state(incident, step),
        each=states_at(incident, step),
        measured=record.state in (StepState.DONE, StepState.FOUND) and step.is_run,
        text=record.note,
        by=record.by,
        at=record.at,
        attempts=sum(1 for run in record.runs if incident.runs[run].changes_step and incident.runs[run].started_at),
        proves=proves,
    )


def _state(incident: Incident, step: Step) -> str:
    state = incident.state(step.id)
    return "not done" if state in (StepState.READY, StepState.WAITING) else state.value

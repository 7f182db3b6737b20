"""What steps are called."""

from __future__ import annotations

from journal.incident.state import Incident
from journal.plan.model import Step
from journal.wording.sanitize import sanitize


def title(incident: Incident, step: Step) -> str:
    """Return the step's number and title."""
    return f"{incident.plan.numbers[step.id]} {sanitize(step.title)}"


def named(incident: Incident, step_id: str) -> str:
    """Return the number and title of the step with this id; the id itself where the plan does not have it."""
    step = incident.plan.by_id.get(step_id)
    return title(incident, step) if step else step_id

"""What steps are called."""

from __future__ import annotations

from journal.incident.state import Incident
from journal.plan.model import Step
from journal.wording.sanitize import sanitize


def title(incident: Incident, step: Step) -> str:
    """Return the step's number and title."""
    return sanitize(incident.plan.named(step.id))


def named(incident: Incident, step_id: str) -> str:
    """Return the number and title of the step with this id; the id itself where the plan does not have it."""
    return sanitize(incident.plan.named(step_id)) or step_id

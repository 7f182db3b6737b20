"""Which answer a decision begins with."""

from __future__ import annotations

from journal.incident.state import Incident
from journal.plan.model import Decision


def preselected(incident: Incident, decision: Decision) -> str:
    """Return the answer that a question begins with: the one decided before, or what scenario and plan suggest."""
    severity = incident.severity if decision.name == "severity" else ""
    if decided := incident.decisions.get(decision.name):
        return decided.answer
    return incident.answers.get(decision.name) or severity or incident.plan.suggested(decision, incident.scenario)

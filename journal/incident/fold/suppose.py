"""An incident as it would be if something were decided: what follows from an answer that nobody gave yet."""

from __future__ import annotations

from copy import copy

from journal.incident.fold.steps import take_answer
from journal.incident.records import DecisionRecord, StepState
from journal.incident.state import Incident
from journal.plan.model import Step


def suppose(incident: Incident, step: Step, answer: str) -> Incident:
    """Return a copy of an incident in which the decision of ``step`` is answered; nothing is written anywhere."""
    if step.decision is None:
        raise ValueError(f"step {step.id} asks for no decision")
    supposed, name = copy(incident), step.decision.name
    supposed.decisions = incident.decisions | {name: DecisionRecord(name, answer, "", "", incident.last_at)}
    supposed.answers, supposed.affected = dict(incident.answers), dict(incident.affected)
    supposed.steps = {id_: copy(record) for id_, record in incident.steps.items()}
    take_answer(supposed, name, answer)
    supposed.steps[step.id].state = StepState.DONE
    return supposed

"""A decision's answer in words: the same on screen, in line mode and in the report."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from journal.incident.recovery_point import read, wording
from journal.wording.instants import utc

if TYPE_CHECKING:
    from journal.incident.state import Incident


def answer_title(incident: Incident, name: str, answer: str) -> str:
    """Return a decision's answer as the plan words it; the answer itself where the plan has no words for it."""
    step = incident.plan.decision(name)
    if step is None or step.decision is None:
        return answer
    if step.decision.kind == "systems":
        return systems_title(incident, answer)
    if step.decision.kind == "recovery-point":
        point = read(answer)
        return wording(point, incident.roster.title) if point else answer
    if step.decision.kind == "instant":
        return utc(datetime.fromisoformat(answer)) if answer else answer  # a report words undecided steps, too
    option = step.decision.options.get(answer)
    return option.title if option else answer


def systems_title(incident: Incident, answer: str) -> str:
    """Return what people call the systems that an answer names."""
    return ", ".join(_system_title(incident, part.strip()) for part in answer.split(","))


def _system_title(incident: Incident, part: str) -> str:
    """Return what people call a plan system, or the one of those that play it which an answer names after a slash."""
    plan_system, _, system = part.partition("/")
    planned = incident.plan.systems.get(plan_system)
    return incident.roster.title(system) if system else planned.title if planned else part

"""A decision's answer in words: the same on screen, in line mode and in the report."""

from __future__ import annotations

from typing import TYPE_CHECKING

from journal.incident.affected import choices
from journal.incident.recovery_point import read, wording

if TYPE_CHECKING:
    from journal.incident.state import Incident


def answer_title(incident: Incident, name: str, answer: str) -> str:
    """Return a decision's answer as the plan words it; the answer itself where the plan has no words for it."""
    step = incident.plan.decision(name)
    if step is None or step.decision is None:
        return answer
    if step.decision.kind == "systems":
        known = choices(incident)
        return ", ".join(known.get(part, part) for part in answer.split(","))
    if step.decision.kind == "recovery-point":
        point = read(answer)
        return wording(point, incident.roster.title) if point else answer
    option = step.decision.options.get(answer)
    return option.title if option else answer

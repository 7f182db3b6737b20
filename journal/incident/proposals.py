"""The decisions that are asked for together: each with the answer that evidence or the scenario supports, if any."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from journal.incident.fold.suppose import suppose
from journal.incident.records import StepState
from journal.incident.state import Incident
from journal.incident.suggestion import suggestion
from journal.plan.model import Decision, Step


class Proposal(NamedTuple):
    """A decision, and an answer to it.

    Attributes:
        step: the step that asks.
        answer: empty where nothing supports one; a person is asked for it alone, later.
        because: what the answer rests on, in words; empty where a person gave it.
        before: the incident as it would be if all proposals before this one were decided.
    """

    step: Step
    answer: str
    because: str
    before: Incident

    @property
    def decision(self) -> Decision:
        """The question."""
        if self.step.decision is None:
            raise ValueError(f"step {self.step.id} asks for no decision")
        return self.step.decision


class Decided(NamedTuple):
    """One decision of several: its step, the answer, why a person chose it, and what it was proposed for."""

    step: Step
    answer: str
    reason: str
    because: str


def proposals(incident: Incident, step: Step, given: Mapping[str, str] | None = None) -> list[Proposal]:
    """Return what is to be decided together with the decision of ``step``, in the order of the plan.

    Later ones take earlier ones as decided: a strategy may tell the site. ``step`` alone, where it is in no group, or
    was answered before.

    Args:
        incident: its state.
        step: a step that asks for a decision.
        given: by step, answers that a person gave in the place of the proposed ones.
    """
    given = given or {}
    if not step.together or incident.state(step.id) is not StepState.READY:  # decided anew, or left out before
        return [_proposal(incident, step, given.get(step.id, ""))]
    found: dict[str, Proposal] = {}
    supposed = incident
    while due := next(_due(supposed, step, found), None):
        one = _proposal(supposed, due, given.get(due.id, ""))
        found[due.id] = one
        supposed = suppose(supposed, due, one.answer) if one.answer else supposed
    return [found[one.id] for one in incident.plan.steps() if one.id in found]


def _proposal(incident: Incident, step: Step, given: str) -> Proposal:
    if step.decision is None or given:
        return Proposal(step, given, "", incident)
    found = suggestion(incident, step.decision)
    return Proposal(step, found.answer, found.because if found.answer else "", incident)


def _due(incident: Incident, asked: Step, found: Mapping[str, Proposal]) -> Iterator[Step]:
    """Yield the decisions of the group that can be asked for now, and were not found yet."""
    for step in incident.plan.steps():
        if step.id in found or step.decision is None or incident.state(step.id) is not StepState.READY:
            continue
        if step is asked or (step.together == asked.together and _wanted(incident, step)):
            yield step


def _wanted(incident: Incident, step: Step) -> bool:
    """Whether it is the step's turn, and somebody needs its answer, or it has one."""
    if not incident.in_turn(step):
        return False
    return incident.is_required(step) or bool(step.decision and suggestion(incident, step.decision).answer)

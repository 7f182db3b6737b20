"""Closed gates in words, the same on screen, in line mode and on the command line: which, why, what opens each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from journal.wording.sanitize import sanitize

if TYPE_CHECKING:
    from journal.events.types import ClosedGate
    from journal.incident.state import Incident
    from journal.plan.model import Step

_YIELDS = {
    "never": "never yields",
    "reason": "yields to a reason",
    "reason and target": "yields to a reason and the target",
}


def opener(incident: Incident, opens: str) -> Step | None:
    """Return the step that opens what ``opens`` (an action, a decision's name or a step's id) opens, if there is one.

    Of several, the first that applies and is not settled.
    """
    if not opens:
        return None
    named = [
        step
        for step in incident.plan.steps()
        if opens in (step.id, step.action) or (step.decision is not None and step.decision.name == opens)
    ]
    waiting = [step for step in named if not incident.settled(step.id)]
    return next(iter(waiting or named), None)


def opened_by(incident: Incident, opens: str) -> str:
    """Return what to do to open a gate: ``opened by 2.1.3 Hold the backups (skipped)``; empty where nobody said."""
    step = opener(incident, opens)
    if step is None:
        return f"opened by cleo run {opens}" if opens else ""
    return f"opened by {incident.plan.named(step.id)} ({incident.state(step.id)})"


def gate_lines(incident: Incident, closed: Sequence[ClosedGate]) -> list[str]:
    """Return a line for each closed gate, those first that nothing but their step opens."""
    never_first = sorted(closed, key=lambda gate: gate.yields != "never")
    return [_line(incident, gate) for gate in never_first]


def shut_for_good(closed: Sequence[ClosedGate]) -> bool:
    """Return whether nothing that a person types now would get through."""
    return any(gate.yields == "never" for gate in closed)


def _line(incident: Incident, gate: ClosedGate) -> str:
    by = opened_by(incident, gate.opens)
    return sanitize(
        f"CLOSED {gate.gate}: {gate.message} [{'; '.join(part for part in (by, _YIELDS[gate.yields]) if part)}]"
    )

"""Items of a step that nobody ticks, because the journal tells whether they are so."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from journal.incident.records import StepState

if TYPE_CHECKING:
    from journal.incident.records import InForce
    from journal.incident.state import Incident
    from journal.plan.model import Step


class Known(NamedTuple):
    """Whether an item is so, what tells it (``1 failed; 5.3.1 Take a new full backup``), and when that was seen."""

    met: bool
    words: str
    seen: datetime

    @property
    def evidence(self) -> str:
        """What tells it, and when: ``seen 21:40: 0 running, 0 failed, 0 in doubt``."""
        return f"seen {self.seen:%H:%M}: {self.words}"


def known(incident: Incident, step: Step, item: str) -> Known | None:
    """Return what the journal tells of an item; None where a person says it."""
    kind = step.known(item)
    if not kind:
        return None
    counted, left = _open(incident) if kind == "nothing-open" else _held(incident)
    return Known(not left, "; ".join([counted, *left]), incident.closed_at or incident.last_at)


def to_be_taken_back(incident: Incident) -> list[InForce]:
    """Return what is in force that a step of the plan takes back.

    What none does is to outlast the incident (a fence): closing names it, and nothing waits for its end.
    """
    taken_back = {step.action for step in incident.plan.steps()}
    return [one for one in incident.in_force.values() if one.undone_by in taken_back]


def not_met(incident: Incident, step: Step) -> dict[str, Known]:
    """Return the items of a step of which the journal tells that they are not so."""
    found = {item: fact for item in step.items if (fact := known(incident, step, item))}
    return {item: fact for item, fact in found.items() if not fact.met}


def _open(incident: Incident) -> tuple[str, Sequence[str]]:
    """Return how much is running, failed or in doubt, and what that is."""
    running = [run for run in incident.runs.values() if not run.state.over and not run.probe_of]
    failed = [step_id for step_id, record in incident.steps.items() if record.state is StepState.FAILED]
    doubtful = incident.in_doubt()
    of_steps = [run.step for run in (*running, *doubtful)]
    named = dict.fromkeys(incident.plan.named(step_id) for step_id in [*failed, *of_steps] if step_id)
    actions = [run.action for run in (*running, *doubtful) if not run.step]
    left = [*named, *dict.fromkeys(actions)]
    return f"{len(running)} running, {len(failed)} failed, {len(doubtful)} in doubt", left


def _held(incident: Incident) -> tuple[str, Sequence[str]]:
    """Return how much is in force that a step of the plan takes back, and what that is."""
    held = to_be_taken_back(incident)
    return f"{len(held)} in force", list(dict.fromkeys(incident.plan.named(one.step) or one.action for one in held))

"""Whom the decided response team has to call, and which items of the plan's steps that leaves to be ticked."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from journal.incident.records import StepState

if TYPE_CHECKING:
    from journal.incident.state import Incident
    from journal.plan.model import Step


def needed_levels(incident: Incident) -> frozenset[str] | None:
    """Return the escalation levels that the decisions made so far ask for; None: nothing is decided, all count."""
    asked = list(_asked_for(incident))
    return frozenset(level for levels in asked for level in levels) if asked else None


def _asked_for(incident: Incident) -> Iterator[list[str]]:
    """Yield the levels that each decision names which the plan has call somebody."""
    for step in incident.plan.steps():
        record = incident.decisions.get(step.decision.name) if step.decision and step.decision.calls_somebody else None
        if step.decision and record and record.answer in step.decision.options:
            yield step.decision.options[record.answer].calls


def is_needed(incident: Incident, level: str) -> bool:
    """Return whether somebody is to be called, by what was decided; of whom no decision speaks, the step does."""
    needed = needed_levels(incident)
    return needed is None or level in needed or level not in _decided_on(incident)


def _decided_on(incident: Incident) -> set[str]:
    """Return the levels that a decision can ask for."""
    options = (option for step in incident.plan.steps() if step.decision for option in step.decision.options.values())
    return {level for option in options for level in option.calls}


def wanted_items(incident: Incident, step: Step) -> list[str]:
    """Return a step's items without those that stand for a call which the response team does not need."""
    if not step.calls:
        return step.items
    return [item for item in step.items if not (level := step.level(item)) or is_needed(incident, level)]


def open_items(incident: Incident, step: Step) -> list[str]:
    """Return the items of a step that people have still to tick, or to call for."""
    by_people = (item for item in wanted_items(incident, step) if not step.known(item))
    return [item for item in by_people if item not in incident.steps[step.id].items]


def only_waits(incident: Incident, step: Step) -> bool:
    """Return whether all that is open at a step are answers of people who were called."""
    levels = [step.level(item) for item in open_items(incident, step)]
    return bool(levels) and all(level in incident.review.calls for level in levels)


def to_take_back(incident: Incident, step: Step) -> str:
    """Return the level of a step's calls of which something was noted last, and can be taken back with one key.

    Empty where nothing was noted, or where the step was settled by something else than its calls.
    """
    by_calls = incident.state(step.id) is StepState.MARKED_DONE and not open_items(incident, step)
    if incident.closed_at is not None or (incident.settled(step.id) and not by_calls):
        return ""
    calls = [call for level in step.calls if (call := incident.review.calls.get(level))]
    return max(calls, key=lambda call: call.seq).level if calls else ""

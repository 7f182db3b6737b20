"""How long a step took when it was done last: in this incident, or in an earlier one that a runner knows of. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from journal.events.base import Kind
from journal.events.run import Took
from journal.wording.durations import exact_duration

if TYPE_CHECKING:
    from journal.incident.records import Run
    from journal.incident.state import Incident
    from journal.plan.model import Step


def took_of(incident: Incident, run: Run) -> Took | None:
    """Return how long a run took that did its step wholly; None of any other, and in a tabletop.

    A destructive run that announced no effect found nothing to do (stopped already): that is no measure of doing it.
    """
    step = incident.plan.by_id.get(run.step)
    whole = run.changes_step and run.state.value == "succeeded" and not run.partial and not run.reentered
    idle = run.destructive and not run.output_lines
    if step is None or not whole or idle or run.finished_at is None or incident.kind is Kind.TABLETOP:
        return None
    system = run.system if step.system else ""
    return Took(
        action=run.action,
        system=system,
        seconds=run.duration_s,
        at=run.finished_at,
        by=incident.id,
        kind=incident.kind,
    )


def took_times(incident: Incident, step: Step) -> Mapping[str, Took]:
    """Return how long a step took last at each system that it acts on; a system without a measure is left out."""
    names = incident.roster.players(step.system) if step.system else [""]
    found = {name: incident.took.get((step.action, name)) for name in names} if step.action else {}
    return {name: one for name, one in found.items() if one}


def slowest(incident: Incident, step: Step) -> Took | None:
    """Return the longest of them, where every system that the step acts on has one."""
    found = took_times(incident, step)
    names = incident.roster.players(step.system) if step.system else [""]
    return max(found.values(), key=lambda one: one.seconds) if found and len(found) == len(names) else None


def in_words(one: Took) -> str:
    """Return what a measure rests on: ``measured 14 s on 2026-11-29 in INC-…, a drill``."""
    kind = {Kind.DRILL: ", a drill", Kind.LAB: ", in a lab"}.get(one.kind, "")
    return f"measured {exact_duration(one.seconds)} on {one.at:%Y-%m-%d} in {one.by}{kind}"

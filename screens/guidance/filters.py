"""Which steps the checklist shows: all, what is open, what wants attention, what this person did."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum

from journal.incident.records import StepState
from journal.incident.state import Incident
from journal.incident.taken import worker


class Filter(StrEnum):
    """A choice of steps. One key goes through them in this order."""

    ALL = "all"
    OPEN = "open"
    ATTENTION = "failed or found"
    MINE = "mine"

    @property
    def after(self) -> Filter:
        """The next one; after the last, the first."""
        every = list(Filter)
        return every[(every.index(self) + 1) % len(every)]


_ATTENTION = (StepState.FAILED, StepState.TRIED, StepState.IN_DOUBT, StepState.FOUND, StepState.LOOKED)


def matching(incident: Incident, chosen: Filter, actor: str) -> list[str]:
    """Return the ids of the steps that a filter shows, in the order of the plan.

    Args:
        incident: its state.
        chosen: the filter.
        actor: who asks, as ``user@host``: their own steps are those that they took, settled, ticked or had run.
    """
    shows = _SHOWS[chosen]
    return [step_id for step_id in incident.steps if shows(incident, step_id, actor)]


def _mine(incident: Incident, step_id: str, actor: str) -> bool:
    record, work = incident.steps[step_id], worker(incident, step_id)
    if work and work.by == actor:
        return True
    return record.by == actor or any(incident.runs[run].requested_by == actor for run in record.runs)


_SHOWS: dict[Filter, Callable[[Incident, str, str], bool]] = {
    Filter.ALL: lambda incident, step_id, actor: True,
    Filter.OPEN: lambda incident, step_id, actor: not incident.state(step_id).settled,
    Filter.ATTENTION: lambda incident, step_id, actor: incident.state(step_id) in _ATTENTION,
    Filter.MINE: _mine,
}

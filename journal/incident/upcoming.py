"""Which step comes next in an incident."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from journal.incident import clocks
from journal.incident.called import only_waits
from journal.incident.cures import STUCK, found_by_looks, remedy
from journal.incident.instances import instances
from journal.incident.records import StepState
from journal.incident.spared import struck
from journal.incident.state import Incident
from journal.plan.model import AFFECTED, Step

DUE_S = 300.0
"""Seconds before the end of its phase's window from which on it is said that paperwork is due."""


class Due(NamedTuple):
    """Paperwork whose time is nearly over.

    Attributes:
        step: the first of it.
        left: seconds until its phase's window ends; negative once that is over.
        more: how many further steps are due as well.
    """

    step: Step
    left: float
    more: int


def next_step(incident: Incident) -> Step | None:
    """Return the step to look at next; None where nothing is left, or what is left is under way.

    In this order: one in doubt; the latest one, if it failed, or what helps against that; what helps at once against
    what a look found; a ready one of the first phase whose recovery is not done, so that nobody is sent past a failure
    to what it guards; one that failed there, or what helps; what may be done beside the recovery. Optional steps are
    never returned, unless they are in doubt, failed, or help; nor is one while another works on its system.
    """
    doubtful, at_work = incident.in_state(StepState.IN_DOUBT), _at_work(incident)
    return next(
        (one for one in _candidates(incident, at_work) if one in doubtful or _is_free(incident, one, at_work)), None
    )


def beside(incident: Incident) -> list[Step]:
    """Return what is open beside the recovery: telling people, calling them, writing down.

    Where only answers are waited for comes last.
    """
    found = [step for step in incident.in_state(StepState.READY) if step.beside and incident.is_required(step)]
    return sorted(found, key=lambda step: only_waits(incident, step))


def due_beside(incident: Incident, now: datetime) -> Due | None:
    """Return the paperwork that is due: the window of its phase ends within ``DUE_S``, or has ended.

    It is said beside what is next, and never instead of it. None where nothing is due, or it is next anyway.
    """
    if incident.closed_at is not None:
        return None
    ends = {clock.phase.id: clock.closes for clock in clocks.phases(incident)}
    open_ = [step for step in beside(incident) if not only_waits(incident, step)]
    left = {step.id: (end - now).total_seconds() for step in open_ if (end := ends[incident.phase_of(step).id])}
    due = [step for step in open_ if left.get(step.id, DUE_S) < DUE_S]
    first = next_step(incident)
    if not due or (first is not None and first.beside):
        return None
    return Due(due[0], left[due[0].id], len(due) - 1)


def paperwork(incident: Incident, now: datetime) -> Step | None:
    """Return the paperwork to go to: what is due, else the first that is open beside the recovery; None: none is."""
    due = due_beside(incident, now)
    return due.step if due else next(iter(beside(incident)), None)


def _candidates(incident: Incident, at_work: set[str]) -> Iterator[Step]:
    yield from incident.in_state(StepState.IN_DOUBT)
    yield from _failed_last(incident)
    yield from (found.step for found in found_by_looks(incident))
    if struck(incident) and (asks := incident.plan.decision(AFFECTED)):
        yield asks
    phase = incident.phase
    here = [step for step in _work(incident) if incident.phase_of(step) is phase]
    work = [step for step in _work(incident) if _is_free(incident, step, at_work)]
    yield from (
        _helping(incident, step) for step in work if incident.phase_of(step) is phase and incident.in_turn(step)
    )
    yield from (_helping(incident, step) for step in incident.in_state(*STUCK))
    if not any(incident.state(step.id).active for step in here):
        yield from (step for step in work if incident.in_turn(step))
        yield from (step for step in work if incident.state(step.id) is StepState.READY)
    yield from beside(incident)


def _failed_last(incident: Incident) -> Iterator[Step]:
    latest = max(incident.steps, key=lambda step_id: incident.steps[step_id].at or incident.declared_at)
    if incident.state(latest) in STUCK:
        yield _helping(incident, incident.plan.by_id[latest])


def _helping(incident: Incident, failed: Step) -> Step:
    """Return the step that helps against what ``failed`` failed of, or was refused for; itself where none does."""
    found = remedy(incident, failed)
    return found.step if found else failed


def _work(incident: Incident) -> Iterator[Step]:
    """Yield the steps that bring the service back, in the order of the plan."""
    return (step for step in incident.plan.steps() if incident.is_required(step) and not step.beside)


def _at_work(incident: Incident) -> set[str]:
    """Return the systems at which something works that may keep others out."""
    return {run.system for run in (*incident.unanswered(), *incident.unfinished()) if run.changes_step}


def _is_free(incident: Incident, step: Step, at_work: set[str]) -> bool:
    """Return whether a step would not be refused because another one works on its system."""
    return not (step.system and _taken(instances(incident, step), at_work))


def _taken(systems: list[str], at_work: set[str]) -> bool:
    """Return whether there are systems to act on, and something works on each of them."""
    return bool(systems) and at_work.issuperset(systems)

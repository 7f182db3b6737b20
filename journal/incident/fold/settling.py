"""Steps that nobody needs to do: a look found their action needless or impossible, until something shows otherwise."""

from __future__ import annotations

from typing import TYPE_CHECKING

from journal.events import types as e
from journal.incident.fold.loss import system_of
from journal.incident.instances import instances, settle
from journal.incident.records import InstanceRecord, Run, StepState
from journal.incident.roster import able
from journal.wording.instants import clock

if TYPE_CHECKING:
    from journal.incident.state import Incident
    from journal.plan.model import Step

_STATES = {"needless": StepState.NEEDLESS, "impossible": StepState.IMPOSSIBLE, "open": None}


def settled_by_look(incident: Incident, event: e.Event, body: e.ActionFinished, run: Run) -> None:
    """Settle, or open again, the steps of which a look tells; what people or runs made of a step stays.

    Not settled as needless: what was seen down after the look had begun. Not settled at all: what another run opened
    since then, as a start does that was under way meanwhile.
    """
    for one in body.settles:
        health = incident.health.get(one.system)
        died = health and health.status == "down" and run.started_at and health.at > run.started_at
        if (one.use == "needless" and died) or (one.use != "open" and _opened_since(incident, run, one)):
            continue
        seen = f"{one.words}, seen {clock(event.at)} by {run.action}" if one.words else ""
        for step in incident.plan.steps():
            if step.action == one.action:
                _write(incident, event, step, one.system, _STATES[one.use], seen)


def _opened_since(incident: Incident, look: Run, settled: e.Settling) -> bool:
    """Return whether a run at that system, no look at all of them, opened what is settled since ``look`` began."""
    at = (run for run in incident.runs.values() if settled.system and run.system == settled.system)
    since = (run for run in at if look.started_at and run.finished_at and run.finished_at > look.started_at)
    return any(one.use == "open" and one.action == settled.action for run in since for one in run.settles)


def seen_down(incident: Incident, event: e.Event, system: str) -> None:
    """Open again what was needless while a system answered."""
    note = f"it was not needed until {system} was seen down, {clock(event.at)}"
    for step in incident.plan.steps():
        if step.action and _record(incident, step, system).state is StepState.NEEDLESS:
            _write(incident, event, step, system, None, note)


def _write(incident: Incident, event: e.Event, step: Step, system: str, state: StepState | None, note: str) -> None:
    whole, record = incident.steps[step.id], _record(incident, step, system)
    said_before = whole.state is not None and not whole.each and not whole.state.by_evidence
    if said_before or not _acts_on(incident, step, system) or not (record.state is None or record.state.by_evidence):
        return
    if state is None and (record.state is None or _brought_down(incident, system, record)):
        return
    record.state, record.note, record.by, record.at = state, note, "", event.at
    if incident.roster.systems:
        whole.each[system] = record
        if names := instances(incident, step):
            settle(whole, names)


def _record(incident: Incident, step: Step, system: str) -> InstanceRecord:
    """Return the record of a step at a system; before the inventory is known, and in a tabletop, the step's own."""
    whole = incident.steps[step.id]
    return whole.each.get(system, InstanceRecord()) if incident.roster.systems else whole


def _acts_on(incident: Incident, step: Step, system: str) -> bool:
    """Whether a step acts on a system, were that affected."""
    known = incident.roster.systems.get(system)
    if known is None:
        return not incident.roster.systems and step.system == system
    return bool(able([known], step.action)) and step.system in ("", known.plays)


def _brought_down(incident: Incident, system: str, record: InstanceRecord) -> bool:
    """Whether something destructive began there since it was settled and since it last answered: that stopped it."""
    health = incident.health.get(system)
    since = max(at for at in (record.at, health and health.answered_at, incident.declared_at) if at)
    destructive = (run for run in incident.runs.values() if run.destructive and run.changes_step)
    return any(run.started_at and run.started_at > since and system_of(incident, run) == system for run in destructive)

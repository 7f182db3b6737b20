"""Enters what runs and probes measured into the ledgers of `journal.incident.loss`."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from journal.events import types as e
from journal.events.measured import Measured
from journal.incident.records import Run

if TYPE_CHECKING:
    from journal.incident.state import Incident


def measured(incident: Incident, run: Run) -> None:
    """Enter what a run measured of its own system, and of the systems whose names its facts have."""
    own = system_of(incident, run)
    for system in incident.roster.shown:
        if isinstance(named := run.facts.get(system), dict):
            incident.ledger(system).take(Measured.of(named), run.action)
    if not own:
        return
    incident.system_facts.setdefault(own, {}).update(run.facts)
    found, ledger = Measured.of(run.facts), incident.ledger(own)
    if found.recovered_to:
        ledger.recovered(run.id, found, run.action)
    elif found.no_commit_after or not found.newest_commit_at or not _touched(incident, own):
        ledger.take(found, run.action)
    elif not _new_work(incident, own, found.newest_commit_at):
        seen = Measured(recovered_to=found.newest_commit_at)
        ledger.recovered(run.id, seen, run.action, looked_later=True)


def system_of(incident: Incident, run: Run) -> str:
    """Return the system whose data a run acted on; empty where it acted on none, or only on backups.

    It is what the run was aimed at, else its step's system, else what its action is named after.
    """
    step = incident.plan.by_id.get(run.step)
    prefix = run.action.partition(".")[0]
    if known := incident.roster.systems.get(run.system):
        return run.system if prefix == known.type else ""
    named = step.system if step else prefix
    stands_for_itself = named in incident.plan.systems and named in incident.roster.players(named)
    return run.system or named if stands_for_itself else ""


def _touched(incident: Incident, system: str) -> bool:
    """Return whether a system was down or changed; else a verification sees what could be lost, not what came back."""
    ledger = incident.ledger(system)
    return bool(ledger.stopped_at or ledger.recoveries or system in incident.changed_at)


def _new_work(incident: Incident, system: str, newest: datetime) -> bool:
    """Return whether a commit is younger than the first change and the outage, and so tells nothing about the loss."""
    stopped_at = incident.ledger(system).stopped_at
    limits = [at for at in (incident.changed_at.get(system), stopped_at) if at]
    return bool(limits) and newest > max(limits)


def found_by_probe(incident: Incident, at: datetime, body: e.HealthChanged) -> None:
    """Enter that a probe found another status, and what it had measured before."""
    ledger = incident.ledger(body.system)
    if body.last:
        ledger.take(body.last, "the health probe")
    if body.status == "down" and not body.may_commit:
        ledger.down(at)
    elif body.status in ("up", "degraded"):
        ledger.up()

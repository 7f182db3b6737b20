"""Who works at which step now, and whether they can still be counted on."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from journal.incident.state import Incident
from journal.incident.team import Work

SILENT_AFTER = timedelta(minutes=30)
"""After which somebody who wrote nothing is not counted on any more at the step that they took."""


def worker(incident: Incident, step_id: str) -> Work | None:
    """Return who works at a step; None where nobody said so, and where there is nothing to do any more."""
    if incident.closed_at is not None or incident.settled(step_id):
        return None
    return incident.team.work.get(step_id)


def counted_on(incident: Incident, step_id: str, now: datetime) -> Work | None:
    """Return who works at a step, unless they have written nothing into the journal for half an hour."""
    work = worker(incident, step_id)
    return work if work and now - last_sign(incident, work) < SILENT_AFTER else None


def last_sign(incident: Incident, work: Work) -> datetime:
    """Return when whoever works at a step last wrote into the journal."""
    return max(work.since, incident.team.wrote_at.get(work.by, work.since))


def at_work(incident: Incident) -> Iterator[tuple[str, Work]]:
    """Yield the steps that somebody works at, by id and in the order of the plan."""
    for step_id in incident.steps if incident.team.work else ():
        if work := worker(incident, step_id):
            yield step_id, work

"""A runner arrives: what it says of itself, and what was asked of one that died before and is not done any more."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import timedelta

from actions import durations
from actions.runner.lease import Lease, describe, start_time
from actions.runner.world import World
from journal.events import types as e
from journal.incident.records import Run
from journal.incident.state import Incident
from journal.paths import IncidentPlace

STALE_AFTER = timedelta(seconds=30)
"""A request that waited longer while no runner lived is not executed."""


def arrival(place: IncidentPlace, incident: Incident, world: World, lease: Lease) -> e.RunnerStarted:
    """Return what a new runner writes first: whether it took over, what it lacks, how long things took before."""
    earlier = incident.runner
    died = earlier is not None and earlier.stopped_at is None
    took_over = describe(lease.previous) if died else ""
    used = dict.fromkeys(step.action for step in incident.plan.steps() if step.action)
    lacks = [name for name in used if name not in world.registry]
    took = durations.earlier(place, world.inventory.name, incident.kind, used)
    pid = os.getpid()
    return e.RunnerStarted(pid=pid, started=start_time(pid), took_over=took_over, lacks=lacks, took=took)


def stale(incident: Incident) -> Iterator[Run]:
    """Yield what was asked of a runner that died before it answered: it is not done later by surprise."""
    started = incident.runner
    if started is None or not started.took_over:
        return
    for run in incident.unanswered():
        if started.at - run.requested_at > STALE_AFTER:
            yield run

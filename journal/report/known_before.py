"""What was known before an incident not to be ready, and which of it hit. From the journal alone."""

from __future__ import annotations

from datetime import datetime

from journal.events.types import KnownPoint
from journal.incident.records import RunState
from journal.report import evidence as ev
from journal.report.gather import Gathered


def known_before(gathered: Gathered) -> ev.KnownBefore | None:
    """Return what the last look at readiness had found wrong; None where nobody had looked."""
    known = gathered.known_before
    if known is None:
        return None
    failed = {run.step for run in gathered.incident.runs.values() if run.state is RunState.FAILED}
    hit = failed | {one.step for one in gathered.incident.deviations if one.step}
    points = [_entry(gathered, one, hit) for one in known.points]
    return ev.KnownBefore(
        looked_at=datetime.fromisoformat(known.looked_at),
        points=sorted(points, key=lambda one: (not one.hit, not one.stops, not one.steps)),
    )


def _entry(gathered: Gathered, one: KnownPoint, hit: set[str]) -> ev.KnownEntry:
    steps = [gathered.step_name(step) for step in one.steps if step in gathered.incident.plan.by_id]
    return ev.KnownEntry(
        about=one.about,
        words=one.words,
        cure=one.cure,
        systems=one.systems,
        steps=steps,
        hit=[step for step in steps if step.id in hit],
        stops=one.stops,
        since=datetime.fromisoformat(one.since),
        seen=datetime.fromisoformat(one.seen),
    )

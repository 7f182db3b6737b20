"""What a scrape tells of incidents, of exercises, and of the looks themselves. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime

from cleo_console.monitoring.families import Sample
from cleo_console.monitoring.incidents import Exercise, Found
from cleo_console.monitoring.latest import Looks
from journal.events.types import Kind
from journal.incident import clocks
from journal.incident.state import Incident

INCIDENTS_FRESH_S = 60.0


def samples_of_incidents(looks: Looks, now: datetime) -> Iterator[Sample]:
    """Yield what is told of the incidents on this machine."""
    look = looks.get(("incidents", ""))
    if look is None or not look.found or not look.fresh(now, INCIDENTS_FRESH_S):
        return
    found: Found = look.found
    counted = Counter(one.kind for one in found.open)
    for kind in Kind:
        yield Sample("cleo_incidents_open", (kind,), counted[kind])
    for one in found.open:
        yield Sample("cleo_incident_open", (one.id, one.kind, one.declared_severity, one.scenario), 1)
        yield Sample("cleo_incident_in_doubt", (one.id,), len(one.in_doubt()))
        if one.kind is not Kind.TABLETOP:  # a tabletop has a clock of its own
            yield from _rto(one, now)
    yield from _exercises(found.exercises)


def _rto(incident: Incident, now: datetime) -> Iterator[Sample]:
    for clock in clocks.rto(incident, now):
        if clock.achieved_at is None and clock.measurable:
            yield Sample("rto_left_seconds", (incident.id, clock.tier), clock.left)
            yield Sample("rto_target_seconds", (incident.id, clock.tier), clock.target)


def _exercises(found: Sequence[Exercise]) -> Iterator[Sample]:
    last: dict[tuple[str, str, str], float] = {}
    for one in found:
        key = (one.kind, one.scenario, one.outcome)
        last[key] = max(last.get(key, 0.0), one.closed_at.timestamp())
    for labels, at in last.items():
        yield Sample("cleo_drill_last_timestamp", labels, at)


def samples_of_looks(looks: Looks) -> Iterator[Sample]:
    """Yield when each look succeeded last, and which of the very last ones did not."""
    for (what, system), look in looks.items():
        if look.measured_at:
            yield Sample("cleo_measured_timestamp", (what, system), look.measured_at.timestamp())
        if look.failed:
            yield Sample("cleo_measurement_failed", (what, system), 1)

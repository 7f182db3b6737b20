"""What is known of systems, inventory, runner and the journal's own files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from journal.events import types as e
from journal.incident.fold.loss import found_by_probe
from journal.incident.fold.settling import seen_down
from journal.incident.fold.takeover import swapped
from journal.incident.instances import settle_all
from journal.incident.records import Continued, HealthRecord, RunnerRecord
from journal.incident.roster import Roster

if TYPE_CHECKING:
    from collections.abc import Callable

    from journal.incident.state import Incident

_ANSWERS = ("up", "degraded")


def _continued(incident: Incident, event: e.Event, body: e.JournalContinued) -> None:
    incident.continued = Continued(body.segment, event.at, body.why)


def _health(incident: Incident, event: e.Event, body: e.HealthChanged) -> None:
    before = incident.health.get(body.system)
    down_at = event.at if body.status == "down" else before.down_at if before else None
    answered_at = event.at if body.status in _ANSWERS else before.answered_at if before else None
    incident.health[body.system] = HealthRecord(
        body.status, body.detail, event.at, down_at, answered_at, body.may_commit
    )
    if body.status == "down":
        seen_down(incident, event, body.system)
    found_by_probe(incident, event.at, body)


def _exposed(incident: Incident, event: e.Event, body: e.ExposureMeasured) -> None:
    incident.exposed_at = event.at
    for one in body.systems:
        incident.exposed_first.setdefault(one.system, one)
        incident.exposed_last[one.system] = one


def _inventory_read(incident: Incident, event: e.Event, body: e.InventoryRead) -> None:
    incident.inventory_error = body.error
    if not body.error:
        incident.inventory_sha256 = body.sha256
        first = not incident.roster.systems
        incident.roster = Roster(incident.plan, swapped(body.systems, incident.takeovers))
        incident.inventory_doubts = body.doubts
        incident.audiences = frozenset(body.audiences)
        settle_all(incident)
        point = incident.recovery_point
        incident.recovery_point = point and incident.roster.named(point, by_plan=first)


def _scripts_read(incident: Incident, event: e.Event, body: e.ScriptsRead) -> None:
    incident.drifted = body.drifted


def _runner_started(incident: Incident, event: e.Event, body: e.RunnerStarted) -> None:
    incident.runner = RunnerRecord(body.pid, event.host, event.seq, event.at, body.took_over)
    incident.lacks = frozenset(body.lacks)
    incident.took = {(one.action, one.system): one for one in body.took} | incident.took


def _runner_stopped(incident: Incident, event: e.Event, body: e.RunnerStopped) -> None:
    if incident.runner:
        incident.runner.stopped_at, incident.runner.why = event.at, body.why


HANDLERS: dict[type[e.Body], Callable[[Incident, e.Event, Any], None]] = {
    e.JournalContinued: _continued,
    e.ExposureMeasured: _exposed,
    e.HealthChanged: _health,
    e.InventoryRead: _inventory_read,
    e.ScriptsRead: _scripts_read,
    e.RunnerStarted: _runner_started,
    e.RunnerStopped: _runner_stopped,
}

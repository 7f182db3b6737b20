"""One look at everything that the plan's steps need, with the verdicts that follow from it."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import msgspec

from actions.backups.offsite.findings import as_second_place
from actions.durations import earlier
from actions.inventory import known_systems
from actions.readiness.console import look_at_console
from actions.readiness.lean import give_back
from actions.readiness.plan import look_at_plan
from actions.readiness.promises import over_rpo
from actions.readiness.sweep import sweep
from actions.secrets import learn_secrets
from cleo_console.cli.at_risk import exposed_now
from cleo_console.world import inventory_at, no_systems
from journal.errors import CleoError
from journal.events.measured import Measured
from journal.events.types import Kind
from journal.incident.exposure import SecondPlace
from journal.readiness.finding import said_once, with_steps
from journal.readiness.result import ReadyResult, read_points
from journal.readiness.seen import Seen, SystemSeen
from journal.readiness.standing import standing
from journal.readiness.verdict import verdicts

if TYPE_CHECKING:
    from actions.inventory import Inventory
    from actions.readiness.sweep import Swept
    from journal.paths import Paths
    from journal.plan.model import Plan
    from journal.plan.read import LoadedPlan


def look_now(loaded: LoadedPlan, paths: Paths, end: float) -> tuple[ReadyResult, bool]:
    """Return what a look finds, and whether something of it hangs and was left behind.

    Args:
        loaded: the plan.
        paths: where inventory and journals are.
        end: when all looks are to have ended (`time.monotonic`).

    Raises:
        CleoError: the inventory cannot be read.
    """
    inventory, at, begun = inventory_at(paths.inventory), datetime.now(UTC), time.monotonic()
    if not inventory.systems:
        raise CleoError(*no_systems(inventory, paths.inventory, "look at"))
    learn_secrets(inventory)
    swept = sweep(inventory, loaded.plan, end - time.monotonic())
    give_back()
    seen = _seen(inventory, loaded.plan, paths, swept, at)
    lost = {one.loses for one in loaded.plan.scenarios.values() if one.loses}
    beside = [*look_at_console(inventory, paths, lost), *look_at_plan(loaded, at.date())]
    beside += over_rpo(inventory, loaded.plan, seen.exposed)
    found = with_steps(said_once([*swept.findings, *beside]), loaded.plan, seen.known)
    before = read_points(paths)
    known = before.open_points if before and before.inventory == inventory.name else ()
    result = ReadyResult(
        at=at,
        took_s=round(time.monotonic() - begun, 2),
        inventory=inventory.name,
        plan=f"{loaded.plan.title} {loaded.plan.version}",
        plan_sha256=loaded.sha256,
        verdicts=verdicts(loaded, seen, found),
        findings=found,
        systems=seen.systems,
        exposed=seen.exposed,
        open_points=standing(known, found, at, list(inventory.systems)),
    )
    return result, bool(swept.late)


def _seen(inventory: Inventory, plan: Plan, paths: Paths, swept: Swept, at: datetime) -> Seen:
    """Return what was seen of the environment, as verdicts want it."""
    kind = Kind.LAB if inventory.lab else Kind.REAL
    actions = {step.action for step in plan.steps() if step.action}
    return Seen(
        at=at,
        kind=kind,
        known=known_systems(inventory, plan.systems),
        audiences=inventory.communications.told if inventory.communications else [],
        systems={name: _system_seen(swept, name) for name in inventory.systems},
        exposed=list(exposed_now(inventory, swept.health, _second_places(swept)).values()),
        took=earlier(paths.incident("-"), inventory.name, kind, actions),
    )


def _second_places(swept: Swept) -> dict[str, SecondPlace]:
    """Return what of each system is in the second place, by the look at its backups."""
    listed = swept.listed.items()
    return {name: as_second_place(one.offsite, one.offsite_site) for name, one in listed if one.offsite}


def _system_seen(swept: Swept, name: str) -> SystemSeen:
    """Return what was seen of a system, health and backups together."""
    seen, health = swept.systems.get(name, SystemSeen()), swept.health.get(name)
    if health is None:
        return seen
    lag = Measured.of(health.facts).replica_lag_s
    return msgspec.structs.replace(seen, status=health.status, detail=health.detail, replica_lag_s=lag)

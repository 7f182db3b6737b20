"""What the plan promises of each system's data: how often it is backed up, and how much of it may be lost."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta

from actions.inventory import Inventory, known_systems
from journal.events.exposure import Exposed
from journal.plan.cron import longest_gap
from journal.plan.model import Plan
from journal.readiness.finding import ReadyFinding
from journal.wording.durations import Duration, exact_duration


def backed_up_every(inventory: Inventory, plan: Plan) -> Mapping[str, timedelta]:
    """Return how often the plan has each system's data backed up, at least; one that it does not say is left out."""
    gaps: dict[str, list[timedelta]] = {}
    for backup in plan.backups:
        if gap := longest_gap(backup.schedule):
            gaps.setdefault(backup.data, []).append(gap)
    data = _data_of(inventory, plan)
    return {name: min(gaps[kind]) for name, kind in data.items() if kind in gaps}


def over_rpo(inventory: Inventory, plan: Plan, exposed: Sequence[Exposed]) -> Iterator[ReadyFinding]:
    """Yield of which systems more would be lost with their disks than the plan allows."""
    data = _data_of(inventory, plan)
    for one in exposed:
        rpo = plan.objectives.rpo.get(data.get(one.system, ""))
        lost = one.store.seconds
        if rpo is None or lost is None or lost <= float(rpo.rpo):
            continue
        by = f" ({one.store.by})" if one.store.by else ""
        yield ReadyFinding(
            about=f"RPO of {one.system}",
            state="wrong",
            words=f"{exact_duration(lost)} of writes are in one place only{by}; promised: {Duration(int(rpo.rpo))}",
            cure=f"Take one now, then look why none was: cleo backup run --type incremental --system {one.system}",
            systems=[one.system],
            stops=False,
        )


def _data_of(inventory: Inventory, plan: Plan) -> Mapping[str, str]:
    """Return which of the plan's kinds of data each system holds."""
    played = {one.name: plan.systems.get(one.plays) for one in known_systems(inventory, plan.systems)}
    return {name: system.data for name, system in played.items() if system and system.data}

"""From the latest looks to what a scrape tells. Pure: what is too old, or was not measured, is left out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

import msgspec

from actions.backups.engines import backed_up
from actions.backups.unattended.metrics import measured_of_backups
from actions.inventory import Inventory, known_systems
from cleo_console.monitoring.families import Sample
from cleo_console.monitoring.latest import Look, Looks
from cleo_console.monitoring.pace import COPIES_FRESH_S, Pace
from journal.events.measured import Measured
from journal.events.run import KnownSystem
from journal.incident.exposure import OFFSITE, exposed_systems
from journal.incident.spared import ANSWERS
from journal.plan.model import Plan
from journal.store.rows import Reading


class Fleet(msgspec.Struct, frozen=True, kw_only=True):
    """The systems that are watched, with what the plan says of them.

    Attributes:
        inventory: its name.
        systems: by name, as the plan knows them.
        data: the class of data that each holds, by name; none where the plan names none.
        rpo: what the plan promises of it, in seconds, by name.
        backed_up: those that have backups.
        pace: how often they are looked at.
    """

    inventory: str
    systems: Mapping[str, KnownSystem]
    data: Mapping[str, str]
    rpo: Mapping[str, float]
    backed_up: frozenset[str]
    pace: Pace

    @classmethod
    def of(cls, inventory: Inventory, plan: Plan, pace: Pace) -> Fleet:
        """Return the systems of an inventory as a plan sees them; a standby holds the data of whom it follows."""
        systems = {one.name: one for one in known_systems(inventory, plan.systems)}
        plays = {name: (systems.get(one.standby_of) or one).plays for name, one in systems.items()}
        data = {name: plan.systems[role].data for name, role in plays.items() if role in plan.systems}
        data = {name: kind for name, kind in data.items() if kind}
        rpo = {name: float(plan.objectives.rpo[kind].rpo) for name, kind in data.items()}
        have = frozenset(backed_up(inventory))
        return cls(inventory=inventory.name, systems=systems, data=data, rpo=rpo, backed_up=have, pace=pace)

    def labels(self, name: str) -> tuple[str, str, str, str]:
        """Return the labels that every metric of a system has."""
        one = self.systems[name]
        return name, one.type, one.site, self.data.get(name, "")


def samples_of_systems(fleet: Fleet, looks: Looks, now: datetime) -> Iterator[Sample]:
    """Yield what is told of the systems."""
    seen = {name: look for name in fleet.systems if (look := looks.get(("health", name))) and look.found}
    for name, one in fleet.systems.items():
        labels = fleet.labels(name)
        flags = (str(int(one.cold)), str(int(name in fleet.backed_up)))
        yield Sample("cleo_system_info", (*labels, one.plays, one.standby_of, *flags), 1)
        if name in fleet.rpo and not one.standby_of:
            yield Sample("rpo_target_seconds", labels, fleet.rpo[name])
        if name in seen and seen[name].fresh(now, fleet.pace.health_fresh_s):
            yield Sample("cleo_system_status", (*labels, str(seen[name].found["status"])), 1)
            yield from _lag(fleet, name, seen, now)
        yield from _backups(labels[:2], looks.get(("backups", name)), now, fleet.pace.backups_fresh_s)
    yield from _exposure(fleet, seen, looks, now)


def _lag(fleet: Fleet, name: str, seen: Mapping[str, Look], now: datetime) -> Iterator[Sample]:
    """Yield how far it is behind. Once the primary is gone that is only how long nothing was written."""
    reading, first = seen[name].found, fleet.systems[name].standby_of
    lag_s = Measured.of(reading["facts"]).replica_lag_s if reading["status"] in ANSWERS else None
    led = not first or (first in seen and seen[first].fresh(now, fleet.pace.health_fresh_s) and _answers(seen[first]))
    if lag_s is not None and led:
        yield Sample("replication_lag_seconds", fleet.labels(name), lag_s)


def _answers(look: Look) -> bool:
    return look.found["status"] in ANSWERS


def _backups(labels: tuple[str, ...], look: Look | None, now: datetime, within_s: float) -> Iterator[Sample]:
    if look is None:
        return
    yield Sample("backup_listed", labels, float(not look.failed))
    if look.found and look.fresh(now, within_s):
        for name, value in measured_of_backups(look.found).items():
            yield Sample(name, labels, value)


def _exposure(fleet: Fleet, seen: Mapping[str, Look], looks: Looks, now: datetime) -> Iterator[Sample]:
    """Yield what would be lost of each system, where what tells so is not too old."""
    readings = {f"health:{name}": Reading(f"health:{name}", look.at or now, look.found) for name, look in seen.items()}
    for (what, system), look in looks.items():
        if what == "second-place" and look.at and look.found:
            readings[f"{OFFSITE}{system}"] = Reading(f"{OFFSITE}{system}", look.at, look.found)
    for name, one in exposed_systems(fleet.systems, readings).items():
        figures = (("store", one.store, fleet.pace.health_fresh_s), ("site", one.site, COPIES_FRESH_S))
        for scope, figure, within_s in figures:
            if figure.seconds is not None and figure.at and (now - figure.at).total_seconds() <= within_s:
                yield Sample("rpo_exposure_seconds", (*fleet.labels(name), scope), figure.seconds)

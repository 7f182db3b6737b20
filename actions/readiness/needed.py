"""What each system of an inventory needs of each host, by its type."""

from __future__ import annotations

from collections.abc import Iterable

from actions.inventory import Inventory
from actions.readiness.ready import Need, TypeReady
from actions.settings import SystemSettings
from actions.system_type import load
from actions.system_types import system_type

Needs = dict[str, dict[str, list[Need]]]
"""What each system needs of each host."""


def needs_of(inventory: Inventory) -> Needs:
    """Return what each system needs of each host: a host that a type says nothing of is reached all the same."""
    found: Needs = {}
    for name, settings in inventory.systems.items():
        ready = ready_of(settings)
        named = [Need(host=host) for host in settings.hosts().values()]
        for need in [*named, *(ready.needs(settings) if ready else ()), *_evidence(inventory, settings)]:
            found.setdefault(need.host, {}).setdefault(name, []).append(need)
    return found


def ready_of(settings: SystemSettings) -> TypeReady | None:
    """Return what a system's type brings for looks on an ordinary day."""
    where = system_type(settings.type).ready
    ready: TypeReady | None = load(where) if where else None
    return ready


def _evidence(inventory: Inventory, settings: SystemSettings) -> Iterable[Need]:
    """Yield the folder that evidence of a break-in is kept in, on the host of each system that has some."""
    kept = inventory.evidence
    if kept and settings.host and system_type(settings.type).evidence and not settings.cold:
        acts = ("evidence.preserve", "evidence.verify")
        yield Need(host=settings.host, user=kept.run_as, folders=[kept.folder], actions=acts)

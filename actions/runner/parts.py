"""The systems as they stand since one took another's place in this incident, whatever the inventory's file says."""

from __future__ import annotations

import dataclasses

import msgspec

from actions.inventory import known_systems
from actions.overview.measurements import probe
from actions.runner.world import Probe, World
from actions.settings import SystemSettings
from journal.incident.state import Incident


def with_parts(world: World, incident: Incident) -> World:
    """Return the world in which who took over plays the other one's part, and that one stands by for it.

    Args:
        world: as the inventory's file describes it; one that says so itself is returned as it is.
        incident: whose takeovers count.
    """
    systems = dict(world.inventory.systems)
    plays = {one.name: one.plays for one in known_systems(world.inventory, incident.plan.systems)}
    copies, changed = dict(world.copies), dict[str, SystemSettings]()
    for old, new in incident.takeovers.items():
        if old not in systems or new not in systems or systems[new].standby_of != old:
            continue
        taking = systems[new].taking_over(systems[old])
        systems[new] = changed[new] = msgspec.structs.replace(taking, plays=plays[old], standby_of="", cold=False)
        systems[old] = changed[old] = msgspec.structs.replace(systems[old], plays="", standby_of=new)
        plays[old], plays[new] = "", plays[old]
        if old in copies:
            copies[new] = copies.pop(old)
    if not changed:
        return world
    probes = {name: _probe(world, name, settings) for name, settings in changed.items() if name in world.probes}
    inventory = msgspec.structs.replace(world.inventory, systems=systems)
    return dataclasses.replace(world, inventory=inventory, probes={**world.probes, **probes}, copies=copies)


def _probe(world: World, name: str, settings: SystemSettings) -> Probe:
    host = world.open_transport(world.inventory.host(settings.host)) if settings.host else None
    return lambda deadline_s: probe(name, settings, host, deadline_s=deadline_s)

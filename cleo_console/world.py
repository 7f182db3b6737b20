"""The worlds that a runner can be given: an inventory's real systems, or a simulated one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING

from actions.inventory import NONE, Inventory, load_inventory
from journal.errors import CleoError
from journal.events.types import Kind

if TYPE_CHECKING:
    from actions.runner import World
    from actions.runner.world import Probe
    from actions.settings import SystemSettings
    from actions.transport import HostSpec, Transport
    from journal.paths import Paths


def inventory_at(path: Path | str | None) -> Inventory:
    """Return the inventory in a file; without one, an environment that has no systems.

    A checklist, decisions, notes and the report need no systems: an incident can be worked by hand.

    Raises:
        CleoError: the file cannot be read or does not fit.
    """
    if not path:
        return Inventory(name=NONE, allows=[Kind.REAL, Kind.DRILL])
    if not Path(path).exists():
        raise CleoError(
            f"The inventory {path} is not there.", "Put it back, or correct CLEO_INVENTORY if that names it."
        )
    return load_inventory(Path(path))


def no_systems(inventory: Inventory, path: Path | str | None, to_do: str) -> tuple[str, str]:
    """Return that there is nothing ``to_do`` anything with, and what to do: no inventory is not one without systems."""
    if inventory.is_none:
        return f"There is no inventory, so there is nothing to {to_do}.", "Name one in CLEO_INVENTORY; see the README."
    why = "has none that can be asked" if inventory.systems else "has no systems"
    return f"The inventory {inventory.name} ({path}) {why}, so there is nothing to {to_do}.", "Write them into it."


def real_world(inventory: Inventory, paths: Paths) -> World:
    """Return the world in which actions reach the systems of ``inventory``."""
    from actions.backups.unattended.standing import copies_of
    from actions.registry import catalogue, registry
    from actions.runner import World
    from actions.secrets import learn_from_commands, learn_secrets
    from actions.transport import Ways

    ways = Ways()
    learn_secrets(inventory)
    Thread(target=learn_from_commands, args=(inventory,), name="secrets", daemon=True).start()  # may take long
    return World(
        registry=dict(registry()),  # all loaded now: later the disk they lie on may be gone, or another version there
        catalogue=catalogue(),
        inventory=inventory,
        open_transport=ways.open,
        probes=probes(inventory, ways.open),
        copies=copies_of(inventory),
        locks=paths.locks,
    )


def watched_world(inventory: Inventory) -> World:
    """Return the systems of ``inventory`` to look at only: it has no actions, and claims nothing."""
    from actions.backups.unattended.standing import copies_of
    from actions.runner import World
    from actions.secrets import learn_from_commands, learn_secrets
    from actions.transport import Ways

    ways = Ways()
    learn_secrets(inventory)
    Thread(target=learn_from_commands, args=(inventory,), name="secrets", daemon=True).start()  # may take long
    looks, copies = probes(inventory, ways.open), copies_of(inventory)
    return World(registry={}, catalogue={}, inventory=inventory, open_transport=ways.open, probes=looks, copies=copies)


def probes(inventory: Inventory, reach: Callable[[HostSpec], Transport] | None = None) -> dict[str, Probe]:
    """Return the look at the health of each system of ``inventory``, for `actions.overview.measurements.measure`.

    Args:
        inventory: the environment.
        reach: opens the way to a host; None: each system has a way that knows of no other.
    """
    from actions.overview.measurements import probe
    from actions.transport import open_transport

    reach = reach or open_transport

    def look_at(name: str, settings: SystemSettings) -> Probe:
        host = reach(inventory.host(settings.host)) if settings.host else None
        return lambda deadline_s: probe(name, settings, host, deadline_s=deadline_s)

    return {name: look_at(name, settings) for name, settings in inventory.systems.items()}

"""Which probe measures which type of system."""

from __future__ import annotations

from typing import TYPE_CHECKING

from actions.health import Health

if TYPE_CHECKING:
    from actions.inventory import Settings
    from actions.transport import Transport


def probe_system(system: str, settings: Settings, host: Transport, *, deadline_s: float) -> Health:
    """Return one system's health; a new type of system adds its own probe here.

    Args:
        system: its name in the inventory.
        settings: what the inventory says of it.
        host: the way to its host.
        deadline_s: seconds for all of it.
    """
    from actions.systems.postgres.probe import (
        probe,  # imported when something is measured: the console only looks at names
    )

    return probe(system, settings, host, deadline_s=deadline_s)

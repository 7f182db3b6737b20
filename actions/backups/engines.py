"""Which systems of an inventory have backups, and their engines."""

from __future__ import annotations

from actions.backups.engine import BackupEngine
from actions.inventory import Inventory
from actions.system_type import load
from journal.errors import CleoError


def engine_of(inventory: Inventory, system: str) -> BackupEngine:
    """Return the engine of a system.

    Raises:
        UnknownTarget: there is no such system.
        CleoError: its type has no backups, or cannot be loaded.
    """
    type_ = inventory.type_of(system)
    if not type_.backups:
        raise CleoError(f"{system} has no backups that this program knows of.", f"{type_.title} has no engine.")
    engine: BackupEngine = load(type_.backups)
    return engine


def backed_up(inventory: Inventory) -> list[str]:
    """Return the systems whose backups this program knows of. A standby's are its primary's."""
    return [
        name
        for name, settings in inventory.systems.items()
        if not settings.standby_of and inventory.type_of(name).backups
    ]

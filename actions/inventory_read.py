"""What an incident's journal keeps of the inventory as it was read."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from pathlib import Path

import msgspec

from actions.inventory import Inventory, known_systems, misplaced
from journal.events.types import InventoryRead


def digest(path: Path) -> str:
    """Return the SHA-256 of a file; empty where it cannot be read."""
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return ""


def with_systems(read: InventoryRead, inventory: Inventory, planned: Collection[str]) -> InventoryRead:
    """Return ``read`` with what the inventory tells an incident: which systems there are to aim at, and who is told.

    Args:
        read: that it was read.
        inventory: what it said.
        planned: the plan's systems.
    """
    return msgspec.structs.replace(
        read,
        systems=known_systems(inventory, planned),
        doubts=misplaced(inventory, planned),
        audiences=inventory.communications.told if inventory.communications else [],
    )

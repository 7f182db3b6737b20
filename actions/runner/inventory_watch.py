"""Detects that the inventory file was changed, and reads it again while the runner works."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import msgspec

from actions.inventory import Inventory
from actions.inventory_read import digest
from actions.runner.world import World
from journal.errors import CleoError
from journal.events.types import InventoryRead

EVERY_S = 1.0


class InventoryWatch:
    """Looks at one inventory's file, not more often than every second.

    Args:
        path: the file; None where the incident has no inventory.
        load: reads the file, and returns the world it describes.
    """

    def __init__(self, path: Path | None, load: Callable[[], World]) -> None:
        self._path = path
        self._load = load
        self._stamp: tuple[int, ...] = ()
        self._sha256 = ""
        self._looked_at = float("-inf")

    def first(self) -> World:
        """Return the world as the file describes it now.

        Raises:
            CleoError: the file cannot be read or does not fit.
        """
        return self._read()

    @property
    def read(self) -> InventoryRead | None:
        """What to journal of the file as it was read last; None where there is none."""
        return InventoryRead(path=str(self._path), sha256=self._sha256) if self._path else None

    def look(self, now_used: Inventory) -> tuple[World | None, InventoryRead] | None:
        """Return the new world and what to journal where the file was changed; no world where it cannot be used.

        Args:
            now_used: the inventory that has counted so far.
        """
        now = time.monotonic()
        if self._path is None or now - self._looked_at < EVERY_S:
            return None
        self._looked_at = now
        if self._stamped() == self._stamp:
            return None
        before = self._sha256
        try:
            world = self._read()
        except CleoError as error:
            return None, InventoryRead(path=str(self._path), sha256=self._sha256, error=error.message)
        if self._sha256 == before:
            return None
        changed = changes(now_used, world.inventory)
        return world, InventoryRead(path=str(self._path), sha256=self._sha256, changed=changed)

    def _read(self) -> World:
        """Read the file; what is stamped is older than what is read, so that a change in between is seen next time."""
        self._stamp = self._stamped()
        if self._path and self._path.exists() and not self._path.is_file():  # a pipe would be waited for
            self._sha256 = ""
            raise CleoError(f"{self._path} is no file.", "Put the inventory there.")
        self._sha256 = self._digest()
        return self._load()

    def _stamped(self) -> tuple[int, ...]:
        try:
            found = self._path.stat() if self._path else None
        except OSError:
            found = None
        return (found.st_mtime_ns, found.st_ino, found.st_size) if found else ()

    def _digest(self) -> str:
        return digest(self._path) if self._path else ""


def changes(before: Inventory, after: Inventory) -> list[str]:
    """Return what is new, gone or different, a name each: ``systems.postgres``, ``hosts.db1``, ``allows``."""
    found = [
        name for name in ("name", "allows", "lab", "communications") if getattr(before, name) != getattr(after, name)
    ]
    for part in ("hosts", "systems"):
        old, new = msgspec.to_builtins(getattr(before, part)), msgspec.to_builtins(getattr(after, part))
        found += [f"{part}.{name}" for name in sorted(old.keys() | new.keys()) if old.get(name) != new.get(name)]
    return found

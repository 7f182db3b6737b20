"""Where a service's own backups lie in a lab: in a folder of its own, or in a bucket of the lab's object store."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from actions.backups.repository.entry import ENTRY, Entry, decode_entry, is_id
from actions.backups.storage.places import open_storage
from actions.backups.storage.storage import Storage, Where
from journal.structs import to_struct

BUCKET = "bucket"
"""How a service's settings call the bucket that has its backups."""


class Repository:
    """The backups of one service.

    Args:
        where: the repository.
        system: whose they are.
    """

    def __init__(self, where: Where, system: str) -> None:
        self.where, self.system = where, system

    @property
    def storage(self) -> Storage:
        """The files in it.

        Raises:
            StorageTrouble: it cannot be used.
        """
        return open_storage(self.where)

    def at(self, backup: str, name: str) -> str:
        """The name of a file of a backup."""
        return f"{self.system}/{backup}/{name}"

    def entries(self) -> list[Entry]:
        """The entries of the backups, the oldest first.

        Raises:
            CleoError: they cannot be read.
        """
        storage = self.storage
        names = [name for name in storage.sizes(f"{self.system}/") if name.endswith(f"/{ENTRY}")]
        mine = [name for name in names if is_id(name.split("/")[1])]
        found = [decode_entry(storage.read(name), f"{self.where.place}/{name}") for name in mine]
        return sorted(found, key=lambda entry: (entry.ended_at, entry.id))

    def change_byte(self, backup: str, name: str) -> int:
        """Change the byte in the middle of a file; return which it is."""
        storage, at = self.storage, self.at(backup, name)
        content = bytearray(storage.read(at))
        place = len(content) // 2
        content[place] = (content[place] + 1) % 256
        storage.put_bytes(at, bytes(content))
        return place

    def halve(self, backup: str, name: str) -> None:
        """Cut a file to its half."""
        storage, at = self.storage, self.at(backup, name)
        content = storage.read(at)
        storage.put_bytes(at, content[: len(content) // 2])

    def delete(self, backup: str) -> None:
        """Delete a backup, behind the program's back."""
        storage = self.storage
        for name in storage.sizes(f"{self.system}/{backup}/"):
            storage.remove(name)
        if self.where.place.startswith("/"):
            _remove_empty(Path(self.where.place, self.system, backup))

    def inventory_entry(self) -> dict[str, Any]:
        """What the inventory says of it."""
        said = {
            "repository": self.where.place,
            "endpoint": self.where.endpoint,
            "credentials": self.where.credentials,
        }
        return {name: value for name, value in said.items() if value}


def bucket_of(settings: Mapping[str, Any]) -> Where | None:
    """The bucket that has a service's backups, by what the lab remembers of it; None: they lie in its folder."""
    chosen = settings.get(BUCKET)
    return to_struct(chosen, Where) if chosen else None


def _remove_empty(folder: Path) -> None:
    for path in sorted(folder.rglob("*"), reverse=True):
        path.rmdir()
    folder.rmdir()

"""A lab's second place, named in its inventory: ``cleo backup run --type offsite-sync`` works at once."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any, Literal

import msgspec

from actions.backups.storage.places import open_storage
from actions.backups.storage.storage import Storage, Where
from cleo_console.lab.account import Account
from cleo_console.lab.service import Say, ServiceStatus
from cleo_console.lab.workspace import Workspace

NAME = "offsite"
"""The name of its folder in the lab's; no service is called so."""
SITE = "dr"
LOOPBACK = "127.0.0.1"


class Chosen(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a lab remembers of its second place: its kind, its address, and the ports that it has there.

    ``first``: whether the stores' own backups lie in another bucket of the same object store, where they can.
    """

    kind: Literal["folder", "s3"] = "folder"
    ports: dict[str, int] = {}
    first: bool = False
    address: str = LOOPBACK


class SecondPlace(ABC):
    """One lab's second place.

    Args:
        lab: the lab's folder.
        chosen: what the lab remembers of it.
    """

    def __init__(self, lab: Path, chosen: Chosen) -> None:
        self.lab, self.chosen = lab, chosen
        self.workspace = Workspace(lab, NAME, Account("", os.geteuid(), os.getegid()))

    @property
    @abstractmethod
    def title(self) -> str:
        """What people call it."""

    @property
    @abstractmethod
    def where(self) -> Where:
        """How it is reached."""

    @abstractmethod
    def create(self, say: Say) -> None:
        """Make it from nothing, and leave it ready.

        Raises:
            CleoError: a program failed.
        """

    @abstractmethod
    def start(self) -> None:
        """Start what serves it.

        Raises:
            CleoError: it does not start.
        """

    @abstractmethod
    def stop(self) -> None:
        """Stop what serves it; what was copied stays.

        Raises:
            CleoError: a process cannot be ended.
        """

    @abstractmethod
    def is_running(self) -> bool:
        """Whether it can be used."""

    @property
    def first(self) -> Where | None:
        """Where the stores' own backups lie, if that is not in a folder each."""
        return None

    @abstractmethod
    def delete(self, name: str) -> None:
        """Delete a file there, as its owner may and no sync does."""

    @property
    def pids(self) -> dict[str, int | None]:
        """What serves it, by the programs' names; None: does not run."""
        return {}

    @property
    def storage(self) -> Storage:
        """The files in it.

        Raises:
            StorageTrouble: it cannot be used.
        """
        return open_storage(self.where)

    @property
    def safe(self) -> Path:
        """A folder there for keys; made when it is asked for."""
        folder = self.workspace.directory / "safe"
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return folder

    def inventory_entry(self) -> dict[str, Any]:
        """What the inventory says of it; secrets are only referred to."""
        where = self.where
        said = {"place": where.place, "site": SITE, "endpoint": where.endpoint, "credentials": where.credentials}
        said["kept_credentials"] = where.credentials  # they lie in its folder, which stands for the other site
        return {name: value for name, value in said.items() if value}

    def status(self) -> ServiceStatus:
        """Look at it; nothing is changed."""
        place = self.where.place
        trouble = [] if self.is_running() else [f"{place} cannot be used"]
        lines = [("second place", f"{self.title}: {place}")]
        return ServiceStatus(self.chosen.kind, place, self.pids, {"place": place}, lines, trouble)


class FolderPlace(SecondPlace):
    """A folder in the lab's: it stands for another site's disk that is mounted here."""

    @property
    def title(self) -> str:
        """See `SecondPlace`."""
        return "a folder"

    @property
    def where(self) -> Where:
        """See `SecondPlace`."""
        return Where(place=str(self.workspace.directory / "copies"))

    def create(self, say: Say) -> None:
        """See `SecondPlace`."""
        Path(self.where.place).mkdir(parents=True, exist_ok=True)

    def start(self) -> None:
        """A folder needs nothing; one that is gone is no longer mounted, and is not made again."""

    def stop(self) -> None:
        """A folder needs nothing."""

    def is_running(self) -> bool:
        """See `SecondPlace`."""
        return Path(self.where.place).is_dir()

    def delete(self, name: str) -> None:
        """See `SecondPlace`."""
        (Path(self.where.place) / name).unlink()

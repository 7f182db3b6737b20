"""What one type of system brings to a lab: the class that makes, runs, breaks and describes its services."""

from __future__ import annotations

import signal
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import msgspec

Say = Callable[[str], None]
Done = tuple[str, dict[str, Any]]
"""What a fault did, as a sentence, and figures on it; `at` among them is the instant at which it took effect."""

HOST = "db1"
"""This machine's name in a lab's inventory."""


class Instance(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One service of a lab, as the lab remembers it.

    Attributes:
        name: its name in the inventory.
        type: its type of system.
        plays: the plan's system that it plays, where that is not its own name.
        site: where it lives; empty means the primary site.
        standby_of: the service that it follows.
        cold: it follows nothing: it is a host with programs and without data, until the other's copies are restored.
        manager: what manages it, of what its type knows (Patroni); empty: nothing does.
        settings: what its type chose when it was made, such as its port.
    """

    name: str
    type: str
    plays: str = ""
    site: str = ""
    standby_of: str = ""
    cold: bool = False
    manager: str = ""
    settings: dict[str, Any] = {}


@dataclass(frozen=True)
class Order:
    """How a service is wanted.

    Args:
        size: bytes of data; None means the type's small set.
        backup_minutes: minutes between scheduled backups.
    """

    size: int | None
    backup_minutes: float


@dataclass(frozen=True)
class FaultKind:
    """One fault that a type knows.

    Args:
        how: its name.
        title: what it does, in a line.
        inject: does it, for real.
        total: whether all of the service's data is gone then (``cleo lab break everything``).
    """

    how: str
    title: str
    inject: Callable[[Any], Done]
    total: bool = False


@dataclass(frozen=True)
class ServiceStatus:
    """A service at one moment.

    Args:
        type: its type of system.
        address: where it listens.
        pids: its processes by name; None: does not run.
        facts: what it says of itself, for a program to read.
        lines: the same for a person: name and value.
        trouble: what is not as it should be or could not be read, and why.
    """

    type: str
    address: str
    pids: dict[str, int | None]
    facts: dict[str, Any] = field(default_factory=dict)
    lines: list[tuple[str, str]] = field(default_factory=list)
    trouble: list[str] = field(default_factory=list)

    @property
    def whole(self) -> bool:
        """Whether everything that belongs to it runs and answers."""
        return None not in self.pids.values() and not self.trouble


class LabService(ABC):
    """One service of a lab. A type of system names its subclass in its declaration.

    Everything that a service makes lies in the folder `lab / instance.name`, and everything that it starts carries the
    variable of `Workspace.environment`: by these two the lab finds what it must end and remove.

    Args:
        instance: what the lab remembers of it.
        lab: the lab's folder.
        primary: the service that it follows, where it is a standby.
    """

    server_programs: ClassVar[Mapping[str, signal.Signals]] = {}
    """Programs that are the lab's when they work inside its folder, though their environment does not say so, and the
    signal that ends each."""

    small_bytes: ClassVar[int] = 0
    """What the small set of data takes on disk, in bytes."""

    faults: ClassVar[tuple[FaultKind, ...]] = ()
    """What can be broken."""

    standby: ClassVar[type[LabService] | None] = None
    """The class of a standby of it, where one can be made."""

    cold: ClassVar[type[LabService] | None] = None
    """The class of a cold standby of it, where one can be made."""

    managed: ClassVar[Mapping[str, type[LabService]]] = {}
    """The class that makes it and its standbys under a manager, by what that is called (``cleo lab up patroni``)."""

    can_back_up_to_bucket: ClassVar[bool] = False
    """Whether its own backups may lie in a bucket of the lab's object store (`repository.BUCKET` in its settings)."""

    at_sites: ClassVar[bool] = False
    """Whether it can be in a lab of two sites: its settings then have the lab's stations (`station.STATIONS`)."""
    own_site: ClassVar[str] = ""
    """The site at which is acted on it in a lab of two; empty: the primary one, where its standby is at the other."""

    lost_with_site: ClassVar[tuple[str, ...]] = ()
    """The folders with its data and its backups, which are gone with the site that it is at; none: it holds no data."""

    standbys: ClassVar[int] = 1
    """How many are made where one is asked for: a set that elects by majority needs two beside the first."""

    def __init__(self, instance: Instance, lab: Path, primary: LabService | None = None) -> None:
        self.instance = instance
        self.lab = lab
        self.primary = primary

    @classmethod
    @abstractmethod
    def choose_settings(cls, name: str, primary: LabService | None) -> dict[str, Any]:
        """Choose what the service `name` shall keep as its settings: programs, port, account.

        Args:
            name: its name.
            primary: the service that it follows, where it is a standby.

        Raises:
            CleoError: a program is missing, or there is no account to run it as.
        """

    @classmethod
    def remove_remains(cls, lab: Path, ended: Sequence[int]) -> bool:
        """Remove what ended processes left outside the lab's folder; return whether there was anything.

        Args:
            lab: the lab's folder, which may be gone already.
            ended: pids of the lab's processes that have just been ended.
        """
        return False

    @property
    @abstractmethod
    def title(self) -> str:
        """What people call it."""

    @property
    @abstractmethod
    def address(self) -> str:
        """Where it listens."""

    @abstractmethod
    def create(self, order: Order, say: Say) -> None:
        """Make it from nothing, and leave it running and ready.

        Raises:
            CleoError: a program failed.
        """

    @abstractmethod
    def start(self) -> None:
        """Start its server and wait until it is ready.

        Raises:
            CleoError: it did not start.
        """

    @abstractmethod
    def stop(self) -> None:
        """Stop its server cleanly.

        Raises:
            CleoError: it did not stop.
        """

    @abstractmethod
    def is_running(self) -> bool:
        """Whether its server runs."""

    def start_helpers(self) -> list[str]:
        """Start what belongs to it beside the server and does not run; return the names."""
        return []

    @abstractmethod
    def status(self) -> ServiceStatus:
        """Look at it; nothing is changed, and what cannot be read is said."""

    @abstractmethod
    def inventory_entry(self) -> dict[str, Any]:
        """What the inventory says of it, without type, plays, site and standby_of; secrets are only referred to."""

    def keep_offsite(self, folder: Path) -> dict[str, Any]:
        """Keep in a folder, which stands for a safe at the other site, what opens the copies of its backups.

        Returns:
            What the inventory says of that, beside `inventory_entry`.
        """
        return {}

    def put_new_secrets(self) -> list[str]:
        """Put new passwords of its application where the inventory says, and return whose; the server has the old."""
        return []

    def inject(self, kind: FaultKind) -> Done:
        """Inject one of its faults.

        Raises:
            CleoError: it is not in a state in which the fault could be injected.
        """
        return kind.inject(self)

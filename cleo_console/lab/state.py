"""What a lab remembers of itself: one JSON file in its folder."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import TypedDict

import msgspec

from cleo_console.lab.post.place import Chosen as ChosenPost
from cleo_console.lab.post.place import Post
from cleo_console.lab.second_place.place import Chosen
from cleo_console.lab.service import Instance, LabService, Order
from cleo_console.lab.service_types import class_of
from cleo_console.lab.sites.place import Chosen as ChosenSites
from cleo_console.lab.sites.place import Sites
from cleo_console.lab.sizes import parse_size
from journal.errors import CleoError
from journal.structs import from_json

STATE = "lab.json"
UNFINISHED_STATE = "lab.json.new"


class Asked(TypedDict):
    """What a lab has beside its services, by the names of the arguments of `Lab.up`."""

    standby: bool
    s3: bool
    first: bool
    two_sites: bool
    cold: bool
    post: bool


class State(msgspec.Struct, frozen=True, kw_only=True):
    """What a lab remembers of itself.

    Attributes:
        owner: uid of whoever started it.
        id: which lab this is: another one in the same folder has another; empty: an earlier version made it.
        size: how much data a service holds, as it was asked for.
        backup_minutes: minutes between scheduled backups.
        complete: whether `up` ever got to its end.
        kept: whether `down --keep` stopped it.
        running: names of the services that ran when it was stopped with `--keep`.
        instances: its services, a primary before its standby.
        offsite: its second place for backups; None: it was made before labs had one.
        sites: its two sites' network; None: all of it is on loopback.
        post: its mail server and webhook; None: it has none.
    """

    owner: int
    id: str = ""
    size: str
    backup_minutes: float
    complete: bool = False
    kept: bool = False
    running: tuple[str, ...] = ()
    instances: tuple[Instance, ...] = ()
    offsite: Chosen | None = None
    sites: ChosenSites | None = None
    post: ChosenPost | None = None

    def services(self, directory: Path) -> dict[str, LabService]:
        """The services by name, in the order in which they start.

        Raises:
            CleoError: a type of system is not installed any more.
        """
        services: dict[str, LabService] = {}
        for each in self.instances:
            services[each.name] = class_of(each)(each, directory, services.get(each.standby_of))
        return services

    def network(self, directory: Path) -> Sites | None:
        """The network of its two sites; None: it has none."""
        return Sites(directory, self.sites) if self.sites else None

    def told(self, directory: Path) -> Post | None:
        """The mail server and the webhook; None: it has none."""
        return Post(directory, self.post) if self.post else None

    def order(self) -> Order:
        """How a further service is wanted."""
        return Order(parse_size(self.size), self.backup_minutes)

    def asked(self) -> Asked:
        """What was asked for as it was made."""
        offsite = self.offsite
        return Asked(
            standby=any(each.standby_of and not each.cold for each in self.instances),
            s3=offsite is not None and offsite.kind == "s3" and not offsite.first,
            first=offsite is not None and offsite.first,
            two_sites=self.sites is not None,
            cold=any(each.cold for each in self.instances),
            post=self.post is not None,
        )

    def plus(self, instance: Instance) -> State:
        """The same with one more service."""
        return msgspec.structs.replace(self, instances=(*self.instances, instance))


def new_id() -> str:
    """An id that no other lab has."""
    return secrets.token_hex(4)


def new_state(size: str, backup_minutes: float, lab_id: str = "") -> State:
    """The state of a lab of which nothing is there yet; it gets an id of its own where none is given."""
    return State(owner=os.geteuid(), id=lab_id or new_id(), size=size, backup_minutes=backup_minutes)


def is_lab(directory: Path) -> bool:
    """Whether this folder was made by `cleo lab up`, however far that came."""
    return (directory / STATE).exists() or (directory / UNFINISHED_STATE).exists()


def load_state(directory: Path) -> State | None:
    """What the lab in `directory` remembers of itself; None where there is no lab.

    Raises:
        CleoError: it cannot be read.
    """
    path = directory / STATE
    try:
        return from_json(path.read_bytes(), State)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, msgspec.MsgspecError) as error:
        hint = f"Remove the lab with `cleo lab down --dir {directory}` and start again."
        raise CleoError(f"{path} cannot be read: {error}.", hint) from error


def save_state(directory: Path, state: State) -> None:
    """Remember `state`, whole or not at all."""
    new = directory / UNFINISHED_STATE
    new.write_bytes(msgspec.json.format(msgspec.json.encode(state)) + b"\n")
    new.replace(directory / STATE)

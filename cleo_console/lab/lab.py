"""A lab: real services on loopback in a folder of their own, brought up, looked at, broken and removed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Self

from cleo_console import settings
from cleo_console.lab import construction, faults, folder, removal
from cleo_console.lab.fault_log import Fault
from cleo_console.lab.second_place.kinds import second_place
from cleo_console.lab.service import FaultKind, Instance, LabService, Say
from cleo_console.lab.service_types import STORES
from cleo_console.lab.state import State, load_state, new_state
from cleo_console.lab.status import LabStatus, read_status
from cleo_console.lab.wanted import usual_at_two_sites, wanted_at_two_sites, wanted_services
from cleo_console.lab.workspace import inventory_path
from journal.errors import CleoError

BACKUP_MINUTES = 15.0
_OPTIONS = {"first": "--s3-first", "two_sites": "--two-sites"}
"""The options of ``cleo lab up`` that have other names than the arguments of `Lab.up`."""


class Lab:
    """One lab that is there, whether or not its servers run.

    Args:
        directory: its folder.
        state: what it remembers of itself.
    """

    def __init__(self, directory: Path, state: State) -> None:
        self.directory = directory
        self.state = state
        self.services: dict[str, LabService] = state.services(directory)
        self.second_place = second_place(directory, state.offsite)
        self.sites = state.network(directory)
        self.post = state.told(directory)

    @classmethod
    def up(
        cls,
        directory: Path | None = None,
        size: str = "small",
        *,
        systems: Sequence[str] = (),
        also: Sequence[str] = (),
        standby: bool = False,
        s3: bool = False,
        first: bool = False,
        two_sites: bool = False,
        cold: bool = False,
        post: bool = False,
        backup_minutes: float = BACKUP_MINUTES,
        lab_id: str = "",
        say: Say = lambda _: None,
    ) -> Self:
        """Bring a lab up: a new one, one that was stopped with `stop`, or one that runs already.

        A server that is down because something broke it stays down: to cure that is the exercise. A service that is
        asked for and is not in the lab yet is added.

        Args:
            directory: its folder; by default `settings.lab_folder()`.
            size: how much data each service holds: `small`, or such as `500MB` or `2GB`. A lab that is there keeps its.
            systems: its services, each `NAME` or `NAME=TYPE`. Nothing means those that are there; in a new lab, the
                three stores.
            also: further ones.
            standby: whether the first of them has a standby.
            s3: whether the second place for backups is a bucket of an object store (Ceph RGW). A lab's is a folder.
            first: whether the backups of MongoDB and Redis lie in such a bucket themselves. A lab that is there keeps
                where they are.
            two_sites: a network for each of two sites, each service where it belongs, with a standby at the DR site:
                the three stores, validation, load_balancer and dns, where nothing else is said. Needs root.
            cold: at the DR site nothing follows: a host with programs stands by, on which copies can be restored.
            post: also a mail server and a webhook that keep what an incident tells people.
            backup_minutes: minutes between scheduled backups. A lab that is there keeps its.
            lab_id: which lab a new one is; empty: an id of its own.
            say: told what is being done, a line at a time.

        Raises:
            CleoError: a program is missing, the folder does not serve, or a server does not start.
        """
        place = _place(directory)
        folder.check_place(place)
        removal.remove_abandoned()
        state = load_state(place)
        wanted = _wanted(state, [*systems], [*also], standby=standby, two_sites=two_sites, cold=cold)
        if state and state.complete:
            state = construction.resume(place, state, wanted, say, s3=s3 or first)
            return cls(place, construction.with_post(place, state, say) if post or state.post else state)
        if state:
            say("An earlier start was cut short; what it left is removed.")
            removal.remove(place)
        new = new_state(size, backup_minutes, lab_id)
        made = construction.create(place, new, wanted, say, s3=s3, first=first, two_sites=two_sites)
        return cls(place, construction.with_post(place, made, say) if post else made)

    @classmethod
    def at(cls, directory: Path | None = None) -> Self:
        """The lab in this folder.

        Raises:
            CleoError: there is none, or it is another account's.
        """
        place = _place(directory)
        state = load_state(place)
        if state is None or not state.complete:
            raise CleoError(f"There is no lab in {place}.", "Start one with `cleo lab up`.")
        folder.check_owner(place, state)
        return cls(place, state)

    @staticmethod
    def remove(directory: Path | None = None) -> bool:
        """Remove whatever lab is in this folder, a half-built one too; returns whether there was anything.

        Raises:
            CleoError: the folder is not a lab's or another account's, or a process cannot be ended.
        """
        return removal.remove(_place(directory))

    @staticmethod
    def known_faults(directory: Path | None = None) -> dict[tuple[str, str], FaultKind]:
        """What can be broken in the lab in this folder, by service and fault.

        Where there is no lab, it is that of a new one with a standby.

        Raises:
            CleoError: the lab's state cannot be read.
        """
        state = load_state(_place(directory))
        if state:
            return faults.known_faults(state.instances, sites=state.sites is not None, post=state.post is not None)
        return faults.known_faults(wanted_services(STORES, standby=True))

    @property
    def inventory_path(self) -> Path:
        """The inventory file to give to the console."""
        return inventory_path(self.directory)

    def break_(self, system: str, how: str) -> Fault:
        """Inject a fault into one service for real, and note it in the lab.

        Raises:
            CleoError: there is no such service or fault, or it is not in a state in which it could be injected.
        """
        with folder.only_command(self.directory):
            return faults.inject(self.directory, self.services, system, how, self.second_place, self.sites, self.post)

    def break_everything(self) -> list[Fault]:
        """Take all data of every service away, but for those of standbys; what was broken is noted one by one.

        Raises:
            CleoError: a service is not in a state in which it could be broken; those before it are.
        """
        broken = []
        for service in self.services.values():
            total = [] if service.instance.standby_of else [kind.how for kind in service.faults if kind.total]
            broken += [self.break_(service.instance.name, how) for how in total]
        return broken

    @property
    def made_by(self) -> list[str]:
        """The command that makes a lab such as this one in its folder."""
        size = ["--size", self.state.size, "--backup-every", f"{self.state.backup_minutes:g}"]
        only = [word for name in _primaries(self.state) for word in ("--only", name)]
        flags = [_OPTIONS.get(name, f"--{name}") for name, asked in self.state.asked().items() if asked]
        return ["cleo", "lab", "up", "--dir", str(self.directory), *size, *only, *flags]

    def renew(self, say: Say = lambda _: None, lab_id: str = "") -> Lab:
        """Remove this lab and make one such as it anew: whatever was broken in it is gone, with all its data.

        Args:
            say: told what is being done, a line at a time.
            lab_id: which lab the new one is; empty: an id of its own.

        Raises:
            CleoError: it cannot be removed, or made.
        """
        state = self.state
        removal.remove(self.directory)
        return Lab.up(
            self.directory,
            state.size,
            systems=_primaries(state),
            **state.asked(),
            backup_minutes=state.backup_minutes,
            lab_id=lab_id,
            say=say,
        )

    def put_new_secrets(self) -> dict[str, list[str]]:
        """Put new passwords of the application where the inventory says, as after a break-in; the servers have the old.

        Returns:
            Whose they are, by service.
        """
        with folder.only_command(self.directory):
            found = {name: each.put_new_secrets() for name, each in self.services.items() if not each.primary}
        return {name: users for name, users in found.items() if users}

    def status(self) -> LabStatus:
        """What runs, and what the lab holds."""
        return read_status(self.directory, self.services, self.second_place, self.sites, self.post)

    def stop(self) -> None:
        """Stop every process and keep the folder, so that `up` goes on where this left off.

        Raises:
            CleoError: a process cannot be ended.
        """
        self.state = removal.stop(self.directory, self.state)


def _place(directory: Path | None) -> Path:
    return (directory or settings.lab_folder()).resolve()


def _wanted(
    state: State | None, systems: list[str], also: list[str], *, standby: bool, two_sites: bool, cold: bool
) -> list[Instance]:
    """The services that are asked for; of a lab with two sites those that can be there.

    Raises:
        CleoError: one of them does not serve, or the lab that is there has no two sites.
    """
    if state and state.complete and two_sites and not state.sites:
        raise CleoError("The lab that is there is on loopback alone.", "Remove it first: cleo lab down.")
    if two_sites or (state and state.complete and state.sites):
        cold = cold or any(each.cold for each in (state.instances if state else ()))
        return wanted_at_two_sites(
            [*(systems or (_primaries(state) if state else usual_at_two_sites(cold=cold))), *also], cold=cold
        )
    if cold:
        raise CleoError("A cold standby is at another site.", "Say --two-sites as well.")
    return wanted_services([*(systems or _primaries(state)), *also], standby)


def _primaries(state: State | None) -> list[str]:
    """The services of a lab that are no standbys, as they are asked for; of a new one the three stores."""
    instances = state.instances if state else ()
    return [f"{each.name}={each.manager or each.type}" for each in instances if not each.standby_of] or list(STORES)

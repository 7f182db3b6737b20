"""MongoDB as a service of a lab: a replica set with authentication, of one mongod or of three."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from signal import SIGTERM, Signals
from typing import Any, ClassVar

from cleo_console.lab.account import Account
from cleo_console.lab.cold import ColdHost
from cleo_console.lab.mongodb import backups, data, preparation_faults, repository_faults, server, server_faults, writer
from cleo_console.lab.mongodb.cluster import APPLICATION, Member
from cleo_console.lab.mongodb.inventory import describe
from cleo_console.lab.mongodb.programs import find_mongod
from cleo_console.lab.mongodb.status import read_status
from cleo_console.lab.new_secrets import put_new_secret
from cleo_console.lab.ports import free_port
from cleo_console.lab.repository import bucket_of
from cleo_console.lab.service import Done, FaultKind, Instance, LabService, Order, Say, ServiceStatus
from cleo_console.lab.sites.place import fence_of
from cleo_console.lab.station import OUTSIDE, station_of
from journal.errors import CleoError


class MemberService(LabService):
    """A mongod of a lab, whatever it is in its set."""

    server_programs: ClassVar[Mapping[str, Signals]] = {"mongod": SIGTERM}
    small_bytes: ClassVar[int] = data.SMALL_BYTES
    can_back_up_to_bucket: ClassVar[bool] = True
    at_sites: ClassVar[bool] = True
    lost_with_site: ClassVar[tuple[str, ...]] = ("data", "repo")

    def __init__(self, instance: Instance, lab: Path, primary: LabService | None = None) -> None:
        super().__init__(instance, lab, primary)
        chosen = instance.settings
        self.member = Member(
            lab,
            instance.name,
            Account("", os.geteuid(), os.getegid()),
            Path(chosen["mongod"]),
            chosen["port"],
            chosen["set_name"],
            instance.standby_of or instance.name,
            bucket_of(chosen),
            instance.cold,
            station=station_of(instance),
        )

    @classmethod
    def choose_settings(cls, name: str, primary: LabService | None) -> dict[str, Any]:
        """Choose program, port and the replica set's name."""
        set_name = primary.instance.settings["set_name"] if primary else "rs0" if name == "mongodb" else name
        return {"mongod": str(find_mongod()), "port": free_port(), "set_name": set_name}

    @property
    def title(self) -> str:
        """MongoDB, with the service's name where that is another."""
        return "MongoDB" if self.instance.name == "mongodb" else f"MongoDB {self.instance.name}"

    @property
    def address(self) -> str:
        """Where the server listens."""
        return self.member.name_in_set

    def start(self) -> None:
        """Start the server and wait until it takes connections; where it is alone in its set, until it is primary."""
        server.start(self.member)
        if not self.member.fellows:
            server.wait_until_primary(self.member)

    def stop(self) -> None:
        """Stop the server cleanly."""
        server.stop(self.member)

    def is_running(self) -> bool:
        """Whether a server has the data directory open."""
        return server.process(self.member.data_directory) is not None

    def status(self) -> ServiceStatus:
        """Look at the server."""
        return read_status(self.member, self.address, {})

    def inventory_entry(self) -> dict[str, Any]:
        """What the console needs to reach it."""
        told = describe(self.member, self.title, [] if self.instance.cold else self.member.fellows)
        return {**told, **fence_of(self.instance, self.lab)}

    def put_new_secrets(self) -> list[str]:
        """Put a new password of the application in the inventory's place."""
        put_new_secret(self.member.password_file(APPLICATION))
        return [APPLICATION]

    def inject(self, kind: FaultKind) -> Done:
        """Inject a fault into it."""
        return kind.inject(self.member)


class SecondaryService(MemberService):
    """A mongod that joins the set of another and follows its primary; it may become primary itself.

    The one that is at neither of two sites may not: it has the data, so that a majority goes on where one site is lost.
    An arbiter in its place would leave every majority write waiting then (MongoDB's manual, replica set arbiter).
    """

    faults: ClassVar[tuple[FaultKind, ...]] = server_faults.MEMBER_FAULTS

    def create(self, order: Order, say: Say) -> None:
        """Start an empty mongod, and let the set's primary take it in; wait until it has all of its data."""
        if not isinstance(self.primary, MemberService):
            raise CleoError(f"{self.instance.name} has nothing to follow.", "Start over with `cleo lab down`.")
        say(f"Creating a member of the set of {self.primary.title} on {self.address}.")
        self.member.make(("data",))
        self.member.data_directory.mkdir(mode=0o700)
        server.configure(self.member, self.primary.member.key_file.read_text().strip())
        server.start(self.member)
        server.take_in(self.primary.member, self.member, leads=self.instance.site != OUTSIDE)


class ColdService(ColdHost, MemberService):
    """A host with mongod and its configuration, on which copies can be restored; nothing runs there before."""

    def create(self, order: Order, say: Say) -> None:
        """Prepare the host: folders, mongod's configuration, the set's key: the old member can follow one day."""
        if not isinstance(self.primary, MemberService):
            raise CleoError(f"{self.instance.name} stands by for nothing.", "Start over with `cleo lab down`.")
        self.announce(say)
        self.member.make(("data", "repo", "etc"))
        server.configure(self.member, self.primary.member.key_file.read_text().strip())

    def restored(self) -> str:
        """Return its server, where one was restored and runs."""
        found = server.process(self.member.data_directory)
        return f"runs (pid {found.pid}), {self.address}" if found else ""

    def pids_of_restored(self) -> dict[str, int | None]:
        """Return its server's."""
        found = server.process(self.member.data_directory)
        return {"server": found.pid} if found else {}


class MongodbService(MemberService):
    """A mongod with CleoAI's collections, a program that writes a document a second, and backups."""

    faults: ClassVar[tuple[FaultKind, ...]] = (
        *server_faults.FAULTS,
        *repository_faults.FAULTS,
        *preparation_faults.FAULTS,
    )
    standby: ClassVar[type[LabService] | None] = SecondaryService
    cold: ClassVar[type[LabService] | None] = ColdService
    standbys: ClassVar[int] = 2

    def create(self, order: Order, say: Say) -> None:
        """Make the replica set, its users and CleoAI's collections, and take the first backup."""
        say(f"Creating {self.title} on {self.address}, with CleoAI's collections.")
        self.member.make(("data", "repo"))
        self.member.data_directory.mkdir(mode=0o700)
        server.configure(self.member, server.new_key())
        writer.install(self.member)
        backups.install(self.member, order.backup_minutes)
        server.start(self.member)
        server.initiate([self.member])
        server.create_users(self.member)
        with self.member.session(deadline_s=3600) as client:
            data.create_collections(client, (order.size or self.small_bytes) / self.small_bytes)
        writer.start_writer(self.member, [self.member.name_in_set, *self.member.fellows])
        backups.take_first(self.member)
        self.start_helpers()

    def start_helpers(self) -> list[str]:
        """Start the writer and the scheduled backups."""
        return [
            *writer.start_writer(self.member, [self.member.name_in_set, *self.member.fellows]),
            *backups.start_schedule(self.member),
        ]

    def status(self) -> ServiceStatus:
        """Look at the server and its writer."""
        helpers = {"writer": writer.writer_pid(self.member), "schedule": backups.schedule_pid(self.member)}
        return read_status(self.member, self.address, helpers)

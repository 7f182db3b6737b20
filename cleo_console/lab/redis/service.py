"""Redis as a service of a lab: a server with its writer, a replica of it, and a host that stands by cold."""

from __future__ import annotations

from collections.abc import Mapping
from signal import SIGTERM, Signals
from typing import Any, ClassVar

from cleo_console.lab.account import Account
from cleo_console.lab.cold import ColdHost
from cleo_console.lab.new_secrets import put_new_secret
from cleo_console.lab.ports import free_port
from cleo_console.lab.redis import backups, configuration, helpers, keys, preparation_faults, repository_faults, server
from cleo_console.lab.redis.faults import REPLICA_FAULTS, SERVER_FAULTS
from cleo_console.lab.redis.inventory import describe
from cleo_console.lab.redis.node import APPLICATION, Node
from cleo_console.lab.redis.programs import find_programs, service_account
from cleo_console.lab.redis.status import read_status
from cleo_console.lab.repository import bucket_of
from cleo_console.lab.service import Done, FaultKind, Instance, LabService, Order, Say, ServiceStatus
from cleo_console.lab.sites.place import fence_of
from cleo_console.lab.station import station_of
from journal.errors import CleoError

_MAXMEMORY = 128 * 2**20
"""Bytes for a small set; a larger one has four times its size."""


class NodeService(LabService):
    """A Redis server of a lab."""

    server_programs: ClassVar[Mapping[str, Signals]] = {"redis-server": SIGTERM, "redis-check-rdb": SIGTERM}
    small_bytes: ClassVar[int] = keys.SMALL_BYTES
    can_back_up_to_bucket: ClassVar[bool] = True
    at_sites: ClassVar[bool] = True
    lost_with_site: ClassVar[tuple[str, ...]] = ("data", "repository")

    def __init__(self, instance: Instance, lab: Any, primary: LabService | None = None) -> None:
        super().__init__(instance, lab, primary)
        chosen = instance.settings
        self.node = Node(
            lab,
            instance.name,
            Account(chosen["account"], chosen["uid"], chosen["gid"]),
            chosen["programs"],
            chosen["port"],
            instance.standby_of or instance.name,
            chosen["primary_port"],
            bucket_of(chosen),
            station_of(primary.instance if primary else instance).address,
            instance.cold,
            station=station_of(instance),
        )

    @classmethod
    def choose_settings(cls, name: str, primary: LabService | None) -> dict[str, Any]:
        """Choose programs, account and port."""
        account, port = service_account(), free_port()
        return {
            "account": account.name,
            "uid": account.uid,
            "gid": account.gid,
            "programs": find_programs(),
            "port": port,
            "primary_port": primary.instance.settings["port"] if primary else port,
        }

    @property
    def title(self) -> str:
        """Redis, with the service's name where that is another."""
        return "Redis" if self.instance.name == "redis" else f"Redis {self.instance.name}"

    @property
    def address(self) -> str:
        """Where the server listens."""
        return f"{self.node.station.address}:{self.node.port}"

    def start(self) -> None:
        """Start the server and wait until it has loaded its data."""
        server.start(self.node)

    def stop(self) -> None:
        """Stop the server cleanly."""
        server.stop(self.node)

    def is_running(self) -> bool:
        """Whether a server works in the data directory."""
        return server.server_pid(self.node) is not None

    def status(self) -> ServiceStatus:
        """Look at the server and its writer."""
        return read_status(self.node, self.address)

    def inventory_entry(self) -> dict[str, Any]:
        """What the console needs to reach it."""
        return {**describe(self.node, self.title), **fence_of(self.instance, self.lab)}

    def put_new_secrets(self) -> list[str]:
        """Put a new password of the application in the inventory's place, and in its writer's."""
        put_new_secret(self.node.password_file(APPLICATION))
        helpers.write_own_secret(self.node)
        return [APPLICATION]

    def inject(self, kind: FaultKind) -> Done:
        """Inject a fault into the server."""
        return kind.inject(self.node)


class ReplicaService(NodeService):
    """A replica of a Redis server."""

    faults: ClassVar[tuple[FaultKind, ...]] = REPLICA_FAULTS

    @property
    def title(self) -> str:
        """What people call it: it has its primary's name."""
        return f"replica of {self.instance.standby_of}"

    def create(self, order: Order, say: Say) -> None:
        """Make it, start it and wait until it follows."""
        if self.primary is None:
            raise CleoError(f"{self.instance.name} has nothing to follow.", "Start over with `cleo lab down`.")
        say(f"Creating a replica of {self.primary.title} on {self.address}.")
        self.node.make(("data", "etc"))
        configuration.configure(self.node, _maxmemory(order))
        server.start(self.node)
        server.wait_until_followed(self.node)


class ColdService(ColdHost, NodeService):
    """A host on which the copies of a lost server's backups can be restored; nothing runs there before."""

    def create(self, order: Order, say: Say) -> None:
        """Prepare the host: folders, configuration, users."""
        self.announce(say)
        self.node.make(("data", "etc"))
        self.node.repository.mkdir(mode=0o700)
        configuration.configure(self.node, _maxmemory(order))

    def restored(self) -> str:
        """Return its server, where one was restored and runs."""
        pid = server.server_pid(self.node)
        return f"runs (pid {pid}), {self.address}" if pid else ""

    def pids_of_restored(self) -> dict[str, int | None]:
        """Return its server's."""
        pid = server.server_pid(self.node)
        return {"server": pid} if pid else {}


class RedisService(NodeService):
    """A Redis server with CleoAI's keys, a program that writes the time once a second, and backups."""

    faults: ClassVar[tuple[FaultKind, ...]] = (
        *SERVER_FAULTS,
        *repository_faults.FAULTS,
        *preparation_faults.FAULTS,
    )
    standby: ClassVar[type[LabService] | None] = ReplicaService
    cold: ClassVar[type[LabService] | None] = ColdService

    def create(self, order: Order, say: Say) -> None:
        """Make the server, fill it, take the first backup and start its writer."""
        say(f"Creating {self.title} on {self.address}, with CleoAI's keys.")
        self.node.make(("data", "etc"))
        self.node.repository.mkdir(mode=0o700)
        configuration.write_passwords(self.node)
        configuration.configure(self.node, _maxmemory(order))
        helpers.install_scripts(self.node, order.backup_minutes)
        server.start(self.node)
        keys.fill(self.node, (order.size or self.small_bytes) / self.small_bytes)
        backups.take_first(self.node)
        helpers.start_helpers(self.node)

    def start_helpers(self) -> list[str]:
        """Start the writer and the scheduled backups."""
        return helpers.start_helpers(self.node)


def _maxmemory(order: Order) -> int:
    return max(_MAXMEMORY, 4 * (order.size or 0))

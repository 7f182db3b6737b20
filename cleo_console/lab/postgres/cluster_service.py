"""What a primary and a standby have in common as services of a lab."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from signal import SIGQUIT, SIGTERM, Signals
from typing import Any, ClassVar

from cleo_console.lab.account import Account
from cleo_console.lab.new_secrets import put_new_secret
from cleo_console.lab.ports import free_port
from cleo_console.lab.postgres import server
from cleo_console.lab.postgres.cluster import DATABASE, Cluster
from cleo_console.lab.postgres.inventory import describe
from cleo_console.lab.postgres.programs import Programs, find_programs, service_account
from cleo_console.lab.postgres.shared_memory import remove_left_segments
from cleo_console.lab.service import Done, FaultKind, Instance, LabService
from cleo_console.lab.sites.place import fence_of
from cleo_console.lab.station import station_of
from cleo_console.lab.workspace import write_secret
from journal.errors import CleoError


class ClusterService(LabService):
    """A PostgreSQL server of a lab."""

    server_programs: ClassVar[Mapping[str, Signals]] = {"postgres": SIGQUIT, "pgbackrest": SIGTERM}
    small_bytes: ClassVar[int] = server.SMALL_BYTES
    at_sites: ClassVar[bool] = True
    lost_with_site: ClassVar[tuple[str, ...]] = ("pg", "repo", "manifests")

    def __init__(self, instance: Instance, lab: Path, primary: LabService | None = None) -> None:
        super().__init__(instance, lab, primary)
        chosen = instance.settings
        self.cluster = Cluster(
            lab,
            instance.name,
            Account(chosen["account"], chosen["uid"], chosen["gid"]),
            Programs(Path(chosen["bin_directory"]), Path(chosen["pgbackrest"])),
            chosen["port"],
            chosen["stanza"],
            instance.standby_of or instance.name,
            cold=instance.cold,
            station=station_of(instance),
        )

    @classmethod
    def choose_settings(cls, name: str, primary: LabService | None) -> dict[str, Any]:
        """Choose programs, account, port and the backups' name."""
        programs, account = find_programs(), service_account()
        stanza = primary.instance.settings["stanza"] if primary else DATABASE if name == "postgres" else name
        return {
            "account": account.name,
            "uid": account.uid,
            "gid": account.gid,
            "port": free_port(),
            "stanza": stanza,
            "bin_directory": str(programs.bin_directory),
            "pgbackrest": str(programs.pgbackrest),
        }

    @classmethod
    def remove_remains(cls, lab: Path, ended: Sequence[int]) -> bool:
        """Remove the shared memory that killed servers left behind."""
        try:
            uid = service_account().uid
        except CleoError:  # there is no account that a server of a lab could have run as
            return False
        notes: list[str] = []
        for note in (*lab.glob("*/run/shared-memory"), *lab.glob("*/pg/data/postmaster.pid")):
            with contextlib.suppress(FileNotFoundError, NotADirectoryError):
                notes += note.read_text().splitlines()
        directories = [each for each in lab.glob("*/pg/*") if each.is_dir()]
        return bool(remove_left_segments(notes, directories, ended, uid))

    @property
    def title(self) -> str:
        """PostgreSQL, with the cluster's name where that is another."""
        name = self.instance.name
        return "PostgreSQL" if name == "postgres" else f"PostgreSQL {name}"

    @property
    def address(self) -> str:
        """Where the server listens."""
        return f"{self.cluster.station.address}:{self.cluster.port}"

    def start(self) -> None:
        """Start the server and wait until it takes connections."""
        server.start(self.cluster)

    def stop(self) -> None:
        """Stop the server cleanly."""
        server.stop(self.cluster)

    def is_running(self) -> bool:
        """Whether a server has the data directory open."""
        return server.is_running(self.cluster)

    def inventory_entry(self) -> dict[str, Any]:
        """What the console needs to reach it."""
        return {**describe(self.cluster, self.title), **fence_of(self.instance, self.lab)}

    def put_new_secrets(self) -> list[str]:
        """Put a new password of the application in the inventory's place, and in its own."""
        cluster = self.cluster
        new, account = put_new_secret(cluster.app_secret_file), cluster.account
        text = f"{server.served(cluster)}:{DATABASE}:cleo_app:{new}"
        write_secret(cluster.app_password_file, text, account.uid, account.gid)
        return ["cleo_app"]

    def inject(self, kind: FaultKind) -> Done:
        """Inject a fault into the cluster."""
        return kind.inject(self.cluster)


def cluster_of(service: LabService) -> Cluster:
    """The cluster of a service that is a PostgreSQL server.

    Raises:
        TypeError: it is another.
    """
    if not isinstance(service, ClusterService):
        raise TypeError(f"{service.instance.name} is a {service.instance.type}")
    return service.cluster

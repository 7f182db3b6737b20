"""PostgreSQL under Patroni as services of a lab: the member that is made first, with etcd, and the one that follows."""

from __future__ import annotations

from collections.abc import Mapping
from signal import SIGTERM, Signals
from typing import Any, ClassVar

from cleo_console.lab.ports import free_port
from cleo_console.lab.postgres import backups, helpers, patroni, server
from cleo_console.lab.postgres.cluster_service import ClusterService
from cleo_console.lab.postgres.faults import KILL_POSTMASTER, LOSE_DATA_DIRECTORY, SERVER_FAULTS
from cleo_console.lab.postgres.patroni_faults import HANG_PATRONI, HANG_STORE, KILL_PATRONI, STALE_REPLICA
from cleo_console.lab.postgres.postmaster import postmaster
from cleo_console.lab.postgres.replication import replication_facts
from cleo_console.lab.postgres.status import described, read_status
from cleo_console.lab.service import Done, FaultKind, LabService, Order, Say, ServiceStatus
from journal.errors import CleoError

_AWAY = ("flip-byte",)
"""Faults that stop the server for a moment: Patroni would start it in the middle."""


class MemberService(ClusterService):
    """A member of a Patroni cluster."""

    at_sites: ClassVar[bool] = False
    server_programs: ClassVar[Mapping[str, Signals]] = {**ClusterService.server_programs, "etcd": SIGTERM}

    @classmethod
    def choose_settings(cls, name: str, primary: LabService | None) -> dict[str, Any]:
        """Choose programs, account and ports; the store is the first member's."""
        patroni.require_programs()
        ports = {"rest": free_port()}
        if primary:
            ports |= {each: primary.instance.settings["ports"][each] for each in ("etcd", "etcd_peer")}
        else:
            ports |= {"etcd": free_port(), "etcd_peer": free_port()}
        return {**super().choose_settings(name, primary), "ports": ports}

    @property
    def ports(self) -> dict[str, int]:
        """Where its interface and the store listen."""
        ports: dict[str, int] = self.instance.settings["ports"]
        return ports

    def start(self) -> None:
        """Start its Patroni, and wait until that has its server up."""
        patroni.start_patroni(self.cluster)
        self._wait_until_up()

    def stop(self) -> None:
        """Stop its Patroni, which stops its server."""
        process = patroni.patroni_process(self.cluster)
        if process:
            self.cluster.run(["kill", "-TERM", str(process.pid)])
        gone = "Patroni does not end"
        patroni.wait(lambda: not (patroni.patroni_process(self.cluster) or self.is_running()), gone, self._log)

    def inject(self, kind: FaultKind) -> Done:
        """Inject a fault into the member."""
        return kind.inject(self.cluster)

    @property
    def _log(self) -> Any:
        return self.cluster.log("patroni")

    def _wait_until_up(self) -> None:
        def up() -> bool:
            status, said = patroni.ask(self.ports["rest"], "/patroni")
            return status == 200 and said.get("state") == "running"

        patroni.wait(up, f"Patroni has not got {self.cluster.name} up", self._log)

    def _described(self) -> tuple[dict[str, int | None], list[tuple[str, str]], list[str]]:
        process = patroni.patroni_process(self.cluster)
        status, said = patroni.ask(self.ports["rest"], "/patroni")
        role = f"{said.get('role')}, timeline {said.get('timeline')}" if status == 200 else "does not answer"
        paused = ", PAUSED" if status == 200 and said.get("pause") is True else ""
        pid = process.pid if process else None
        line = ("Patroni", f"{described(pid)}, 127.0.0.1:{self.ports['rest']}: {role}{paused}")
        return {"patroni": pid}, [line], [] if status == 200 else ["Patroni's interface does not answer"]


class PatroniStandbyService(MemberService):
    """The member that follows: Patroni copies the first one."""

    faults: ClassVar[tuple[FaultKind, ...]] = (
        STALE_REPLICA,
        KILL_PATRONI,
        HANG_PATRONI,
        KILL_POSTMASTER,
        LOSE_DATA_DIRECTORY,
    )

    @property
    def title(self) -> str:
        """What people call it."""
        return f"replica of {self.instance.standby_of}"

    def create(self, order: Order, say: Say) -> None:
        """Start its Patroni, and wait until it streams."""
        say(f"Creating the second member of {self.instance.standby_of} on {self.address}.")
        self.cluster.make(("pg",))
        backups.write_config(self.cluster)
        patroni.write_configuration(self.cluster, self.ports)
        patroni.start_patroni(self.cluster)
        path = "/replica"
        patroni.wait(lambda: patroni.answers(self.ports["rest"], path), "It does not follow the first one", self._log)

    def status(self) -> ServiceStatus:
        """Look at the server, and at what it follows."""
        pids, lines, trouble = self._described()
        pids["server"] = postmaster(self.cluster.data_directory)
        facts: dict[str, Any] = {}
        try:
            facts = replication_facts(self.cluster) if pids["server"] else {}
        except CleoError as error:
            trouble.append(error.message)
        follows = ("follows", "it streams" if facts.get("streaming") else "nothing that it receives from is seen")
        lines = [("PostgreSQL", f"{described(pids['server'])}, {self.address}"), *lines, *([follows] if facts else [])]
        return ServiceStatus(self.instance.type, self.address, pids, facts, lines, trouble)


class PatroniService(MemberService):
    """The member that is made first, with CleoAI's tables, a writer, backups, and the etcd of both."""

    faults: ClassVar[tuple[FaultKind, ...]] = (
        *(kind for kind in SERVER_FAULTS if kind.how not in _AWAY),
        KILL_PATRONI,
        HANG_PATRONI,
        HANG_STORE,
    )
    standby: ClassVar[type[LabService] | None] = PatroniStandbyService

    @property
    def title(self) -> str:
        """PostgreSQL, with what manages it."""
        return "PostgreSQL under Patroni" if self.instance.name == "patroni" else f"{super().title} under Patroni"

    def create(self, order: Order, say: Say) -> None:
        """Make the cluster and fill it; have Patroni take it over as it runs, and take the first full backup."""
        cluster = self.cluster
        say(f"Creating {self.title} on {self.address}, version {cluster.programs.version}, with CleoAI's tables.")
        cluster.make(("pg", "repo", "manifests", "etcd"))
        helpers.install_scripts(cluster, order.backup_minutes)
        backups.write_config(cluster)
        server.create(cluster, (order.size or self.small_bytes) / self.small_bytes)
        patroni.write_configuration(cluster, self.ports)
        say("Starting it and taking the first full backup.")
        server.start(cluster)
        patroni.start_etcd(cluster, self.ports)
        patroni.start_patroni(cluster)
        path = "/primary"
        patroni.wait(lambda: patroni.answers(self.ports["rest"], path), "Patroni does not lead", self._log)
        patroni.restart(cluster)  # with the configuration and command line that Patroni gives it
        helpers.start_helpers(cluster)
        backups.create_repository(cluster)

    def start(self) -> None:
        """Start etcd and Patroni, and wait until that has its server up."""
        patroni.start_etcd(self.cluster, self.ports)
        super().start()

    def stop(self) -> None:
        """Stop Patroni with its server, then etcd."""
        super().stop()
        if process := patroni.etcd_process(self.cluster):
            self.cluster.run(["kill", "-TERM", str(process.pid)])

    def start_helpers(self) -> list[str]:
        """Start the writer and the scheduled backups."""
        return helpers.start_helpers(self.cluster)

    def status(self) -> ServiceStatus:
        """Look at the server, its helpers, its backups, Patroni and etcd."""
        whole = read_status(self.cluster, self.address)
        pids, lines, trouble = self._described()
        process = patroni.etcd_process(self.cluster)
        pids["etcd"] = process.pid if process else None
        lines.append(("etcd", f"{described(pids['etcd'])}, 127.0.0.1:{self.ports['etcd']}"))
        return ServiceStatus(
            whole.type,
            whole.address,
            {**whole.pids, **pids},
            whole.facts,
            [whole.lines[0], *lines, *whole.lines[1:]],
            [*whole.trouble, *trouble],
        )

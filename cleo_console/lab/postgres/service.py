"""PostgreSQL as a service of a lab: a primary with its backups."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from cleo_console.lab.postgres import backups, helpers, preparation_faults, server
from cleo_console.lab.postgres.cluster_service import ClusterService
from cleo_console.lab.postgres.cold import ColdService
from cleo_console.lab.postgres.faults import SERVER_FAULTS
from cleo_console.lab.postgres.patroni_service import PatroniService
from cleo_console.lab.postgres.standby import StandbyService
from cleo_console.lab.postgres.status import read_status
from cleo_console.lab.service import FaultKind, LabService, Order, Say, ServiceStatus


class PostgresService(ClusterService):
    """A PostgreSQL cluster with CleoAI's tables, a program that writes a row a second, and backups."""

    faults: ClassVar[tuple[FaultKind, ...]] = (*SERVER_FAULTS, *preparation_faults.FAULTS)
    standby: ClassVar[type[LabService] | None] = StandbyService
    cold: ClassVar[type[LabService] | None] = ColdService
    managed: ClassVar[Mapping[str, type[LabService]]] = {"patroni": PatroniService}

    def create(self, order: Order, say: Say) -> None:
        """Make the cluster, fill it, start it and take the first full backup."""
        cluster = self.cluster
        say(f"Creating {self.title} on {self.address}, version {cluster.programs.version}, with CleoAI's tables.")
        cluster.make(("pg", "repo", "manifests"))
        helpers.install_scripts(cluster, order.backup_minutes)
        backups.write_config(cluster)
        server.create(cluster, (order.size or self.small_bytes) / self.small_bytes)
        say("Starting it and taking the first full backup.")
        server.start(cluster)
        helpers.start_helpers(cluster)
        backups.create_repository(cluster)

    def start_helpers(self) -> list[str]:
        """Start the writer and the scheduled backups."""
        return helpers.start_helpers(self.cluster)

    def status(self) -> ServiceStatus:
        """Look at the server, its helpers and its backups."""
        return read_status(self.cluster, self.address)

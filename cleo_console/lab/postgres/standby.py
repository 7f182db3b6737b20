"""A standby as a service of a lab: it follows a primary of the lab, and can be asked and broken by itself."""

from __future__ import annotations

from typing import Any, ClassVar

from cleo_console.lab.postgres.cluster_service import ClusterService, cluster_of
from cleo_console.lab.postgres.postmaster import postmaster
from cleo_console.lab.postgres.replication import create_standby, replication_facts
from cleo_console.lab.postgres.standby_faults import STANDBY_FAULTS
from cleo_console.lab.postgres.status import described
from cleo_console.lab.service import FaultKind, Order, Say, ServiceStatus
from journal.errors import CleoError


class StandbyService(ClusterService):
    """A hot standby that streams from its primary through a replication slot."""

    faults: ClassVar[tuple[FaultKind, ...]] = STANDBY_FAULTS

    @property
    def title(self) -> str:
        """What people call it: it has its primary's name."""
        return f"standby of {self.instance.standby_of}"

    def create(self, order: Order, say: Say) -> None:
        """Copy the primary, start the copy and wait until it streams."""
        if self.primary is None:
            raise CleoError(f"{self.instance.name} has nothing to follow.", "Start over with `cleo lab down`.")
        say(f"Creating a standby of {self.primary.title} on {self.address}.")
        create_standby(self.cluster, cluster_of(self.primary))

    def status(self) -> ServiceStatus:
        """Look at the server and at what it follows."""
        trouble: list[str] = []
        pids = {"server": postmaster(self.cluster.data_directory)}
        facts = self._facts(trouble) if pids["server"] else {}
        lines = [("PostgreSQL", f"{described(pids['server'])}, {self.address}"), ("follows", self.instance.standby_of)]
        if facts:
            lines.append(("newest write", facts["heartbeat"] or "not measured"))
        return ServiceStatus(self.instance.type, self.address, pids, facts, lines, trouble)

    def _facts(self, trouble: list[str]) -> dict[str, Any]:
        try:
            facts = replication_facts(self.cluster)
        except CleoError as error:
            trouble.append(error.message)
            return {}
        if not facts["in_recovery"]:
            trouble.append("it is a standby no longer: it was promoted")
        elif not facts["streaming"]:
            trouble.append(f"it receives nothing from {self.instance.standby_of}")
        if facts["paused"]:
            trouble.append("replay is paused")
        return facts

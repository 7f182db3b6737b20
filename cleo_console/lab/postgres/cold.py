"""A cold standby as a service of a lab: a host at the DR site with programs, account and configuration, and no data."""

from __future__ import annotations

import shutil
from typing import ClassVar

from cleo_console.lab.postgres import backups
from cleo_console.lab.postgres.cluster_service import ClusterService
from cleo_console.lab.postgres.configuration import configure_cold
from cleo_console.lab.postgres.postmaster import postmaster
from cleo_console.lab.postgres.status import described
from cleo_console.lab.service import FaultKind, Order, Say, ServiceStatus


class ColdService(ClusterService):
    """A host on which the copies of a lost server's backups can be restored; nothing runs there before."""

    faults: ClassVar[tuple[FaultKind, ...]] = ()

    @property
    def title(self) -> str:
        """What people call it: it has its primary's name."""
        return f"cold standby of {self.instance.standby_of}"

    def create(self, order: Order, say: Say) -> None:
        """Prepare the host: folders, settings, pgBackRest's configuration."""
        say(f"Preparing a host for a {self.title} on {self.address}; it has no data.")
        cluster = self.cluster
        cluster.make(("pg", "repo", "manifests", "etc"))
        configure_cold(cluster)
        for path in cluster.own_settings.parent.iterdir():
            shutil.chown(path, cluster.account.uid, cluster.account.gid)
        backups.write_config(cluster)

    def start(self) -> None:
        """Nothing: a server that is restored there is started by who recovers it."""

    def is_running(self) -> bool:
        """It stands by as long as its host is there."""
        return True

    def status(self) -> ServiceStatus:
        """Look whether something was restored there."""
        pid = postmaster(self.cluster.data_directory)
        said = f"{described(pid)}, {self.address}" if pid else "a prepared host without data"
        lines = [("cold standby", said), ("stands by for", self.instance.standby_of)]
        return ServiceStatus(self.instance.type, self.address, {"server": pid} if pid else {}, {}, lines, [])

"""A replica that cannot follow, and that Patroni lists as running: as a restore of the leader leaves one."""

from __future__ import annotations

from typing import Any

from cleo_console.lab.fault_log import utc_now
from cleo_console.lab.postgres import patroni, server
from cleo_console.lab.postgres.cluster import Cluster
from cleo_console.lab.postgres.replication import wait_until
from cleo_console.lab.service import Done


def make_stale(replica: Cluster) -> Done:
    """Pause Patroni, let the replica go onto a history of its own, and have it be a replica again."""
    server.require_running(replica)
    _patronictl(replica, "pause", "--wait")
    try:
        replica.psql("SELECT pg_promote()", database="postgres")
        wait_until(replica, "in_recovery", "does not leave recovery", wanted=False)
        replica.psql("CREATE TABLE stale AS SELECT now() AS at")
        server.stop(replica)
        replica.run(["touch", str(replica.data_directory / "standby.signal")])
        server.start(replica)
        facts: dict[str, Any] = wait_until(replica, "in_recovery", "is no replica again")
    finally:
        _patronictl(replica, "resume", "--wait")
    what = f"{replica.name} is on a timeline that its leader never had; Patroni lists it as running, on the leader's."
    return what, {"at": utc_now(), "replayed": facts["replayed"]}


def _patronictl(replica: Cluster, *words: str) -> None:
    replica.run(["patronictl", "-c", str(patroni.configuration(replica)), *words, replica.primary])

"""Faults of what manages a server: Patroni dies and leaves PostgreSQL running, the store behind it hangs."""

from __future__ import annotations

import os
import signal

from cleo_console.lab.fault_log import utc_now
from cleo_console.lab.postgres import patroni
from cleo_console.lab.postgres.cluster import Cluster
from cleo_console.lab.postgres.stale_replica import make_stale
from cleo_console.lab.service import Done, FaultKind
from journal.errors import CleoError


def kill_patroni(cluster: Cluster) -> Done:
    """Kill a member's Patroni; its PostgreSQL goes on. `cleo lab up` does not start it: `setsid patroni FILE` does."""
    process = patroni.patroni_process(cluster)
    if process is None:
        raise CleoError(f"Patroni does not run at {cluster.name}.", "See `cleo lab status`.")
    os.kill(process.pid, signal.SIGKILL)
    what = f"Killed Patroni at {cluster.name} (pid {process.pid}); its PostgreSQL goes on."
    return what, {"at": utc_now(), "pid": process.pid, "config": str(patroni.configuration(cluster))}


def hang_patroni(cluster: Cluster) -> Done:
    """Stop a member's Patroni (SIGSTOP): it answers nothing, and its PostgreSQL goes on. SIGCONT cures it."""
    process = patroni.patroni_process(cluster)
    if process is None:
        raise CleoError(f"Patroni does not run at {cluster.name}.", "See `cleo lab status`.")
    os.kill(process.pid, signal.SIGSTOP)
    what = f"Patroni at {cluster.name} hangs (pid {process.pid}); `kill -CONT {process.pid}` cures it."
    return what, {"at": utc_now(), "pid": process.pid}


def hang_store(cluster: Cluster) -> Done:
    """Stop etcd's process (SIGSTOP): it keeps its connections, and answers nothing. SIGCONT cures it."""
    process = patroni.etcd_process(cluster)
    if process is None:
        raise CleoError("etcd does not run in the lab.", "See `cleo lab status`.")
    os.kill(process.pid, signal.SIGSTOP)
    return f"etcd hangs (pid {process.pid}); `kill -CONT {process.pid}` cures it.", {
        "at": utc_now(),
        "pid": process.pid,
    }


KILL_PATRONI = FaultKind("kill-patroni", "kill Patroni, and leave its PostgreSQL running", kill_patroni)
HANG_PATRONI = FaultKind("hang-patroni", "have Patroni hang, and leave its PostgreSQL running", hang_patroni)
STALE_REPLICA = FaultKind(
    "stale-replica", "put the replica on a history of its own, which Patroni lists as running, lag 0", make_stale
)
HANG_STORE = FaultKind("hang-etcd", "have etcd hang: it keeps its connections, and answers nothing", hang_store)

"""Faults of a standby: it stays up and falls behind, or goes down. Its primary is not touched."""

from __future__ import annotations

from typing import Any

from cleo_console.lab.fault_log import utc_now
from cleo_console.lab.postgres import server
from cleo_console.lab.postgres.cluster import Cluster
from cleo_console.lab.postgres.faults import KILL_POSTMASTER, LOSE_DATA_DIRECTORY
from cleo_console.lab.postgres.replication import wait_until
from cleo_console.lab.service import Done, FaultKind

NOWHERE = "host=127.0.0.1 port=1 user=nobody"
"""An address at which no primary answers."""


def pause_replay(standby: Cluster) -> Done:
    """Receive on, but apply nothing any more. `SELECT pg_wal_replay_resume()` cures it."""
    server.require_running(standby)
    standby.psql("SELECT pg_wal_replay_pause()")
    facts = wait_until(standby, "paused", "goes on replaying")
    return f"Paused the replay on {standby.name} at {facts['replayed']}; it still receives.", _figures(facts)


def cut_replication(standby: Cluster) -> Done:
    """Send the standby to an address where no primary answers.

    `ALTER SYSTEM RESET primary_conninfo` and `SELECT pg_reload_conf()` on it cure it.
    """
    server.require_running(standby)
    standby.psql(f"ALTER SYSTEM SET primary_conninfo = '{NOWHERE}'; SELECT pg_reload_conf();")
    facts = wait_until(standby, "streaming", "goes on replicating", wanted=False)
    return f"Cut {standby.name} off from its primary at {facts['received']}; it serves on.", _figures(facts)


def _figures(facts: dict[str, Any]) -> dict[str, Any]:
    return {"at": utc_now(), **{name: facts[name] for name in ("received", "replayed", "heartbeat")}}


STANDBY_FAULTS = (
    FaultKind("pause-replay", "pause the replay on the standby: it receives, and falls behind", pause_replay),
    FaultKind("cut-replication", "cut the standby off from its primary; it serves on", cut_replication),
    KILL_POSTMASTER,
    LOSE_DATA_DIRECTORY,
)

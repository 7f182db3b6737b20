"""Streaming replication: a standby that copies a primary and follows it."""

from __future__ import annotations

import json
import time
from typing import Any

from cleo_console.lab.postgres import backups, server
from cleo_console.lab.postgres.cluster import Cluster
from cleo_console.lab.postgres.configuration import REPLICATION_ROLE, configure_standby
from journal.errors import CleoError

FACT_SECONDS = 30.0
"""How long a standby may take to stream, to stop streaming, or to pause."""

FACTS = """
SELECT json_build_object(
    'streaming', EXISTS (SELECT FROM pg_stat_wal_receiver WHERE status = 'streaming'),
    'paused', CASE WHEN pg_is_in_recovery() THEN pg_is_wal_replay_paused() END,
    'in_recovery', pg_is_in_recovery(),
    'received', pg_last_wal_receive_lsn(),
    'replayed', pg_last_wal_replay_lsn(),
    'heartbeat', (SELECT to_char(max(at) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') FROM heartbeat))
"""


def create_standby(standby: Cluster, primary: Cluster) -> None:
    """Copy the primary, start the copy and wait until it streams.

    Raises:
        CleoError: the primary does not run, or the standby does not follow it.
    """
    server.require_running(primary)
    standby.make(("pg",))
    backups.write_config(standby)
    slot = slot_of(standby)
    primary.psql(f"SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = '{slot}'")
    _copy(standby, primary, slot)
    connection = (
        f"host={primary.station.address} port={primary.port} user={REPLICATION_ROLE} "
        f"passfile={standby.replication_password_file} application_name={standby.name}"
    )
    configure_standby(standby, connection, slot)
    standby.run(["touch", str(standby.data_directory / "standby.signal")])
    server.start(standby)
    wait_until(standby, "streaming", "does not follow its primary")


def slot_of(standby: Cluster) -> str:
    """The name of the replication slot on the primary that keeps for the standby what it has not received yet."""
    return standby.name.replace("-", "_")


def replication_facts(standby: Cluster) -> dict[str, Any]:
    """Whether it streams, whether replay is paused, and how far it is.

    Raises:
        CleoError: the server cannot be reached.
    """
    facts: dict[str, Any] = json.loads(standby.psql(FACTS, timeout=60))
    return facts


def wait_until(standby: Cluster, fact: str, otherwise: str, *, wanted: bool = True) -> dict[str, Any]:
    """Wait until one of the standby's facts is as ``wanted``, and return all of them.

    Raises:
        CleoError: it is not so in time, and the standby does ``otherwise``; or the server cannot be reached.
    """
    deadline = time.monotonic() + FACT_SECONDS
    while (facts := replication_facts(standby))[fact] is not wanted:
        if time.monotonic() > deadline:
            raise CleoError(f"{standby.name} {otherwise} after {FACT_SECONDS:g} s.", f"See {standby.server_log}.")
        time.sleep(0.05)
    return facts


def _copy(standby: Cluster, primary: Cluster, slot: str) -> None:
    address = [
        f"--host={primary.station.address}",
        f"--port={primary.port}",
        f"--username={REPLICATION_ROLE}",
        "--no-password",
    ]
    what = [f"--pgdata={standby.data_directory}", "--create-slot", f"--slot={slot}", "--checkpoint=fast", "--no-sync"]
    password = {"PGPASSFILE": str(standby.replication_password_file)}
    standby.run([standby.programs.server("pg_basebackup"), *address, *what], environment=password, timeout=3600)

"""What a cluster is doing at this moment."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from cleo_console.lab.postgres import backups, helpers
from cleo_console.lab.postgres.cluster import Cluster
from cleo_console.lab.postgres.postmaster import postmaster
from cleo_console.lab.service import ServiceStatus
from journal.errors import CleoError

DATABASE_FACTS = """
SELECT json_build_object(
    'rows', (SELECT json_object_agg(relname, (xpath('/row/count/text()', query_to_xml(
        format('SELECT count(*) FROM %I.%I', schemaname, relname), false, true, '')))[1]::text::bigint)
        FROM pg_stat_user_tables),
    'bytes', pg_database_size(current_database()),
    'heartbeat', (SELECT to_char(max(at) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') FROM heartbeat),
    'last_archived', (SELECT last_archived_wal FROM pg_stat_archiver),
    'in_recovery', pg_is_in_recovery())
"""


def read_status(cluster: Cluster, address: str) -> ServiceStatus:
    """Look at a cluster.

    Among the facts are `database` (rows a table, size in bytes, newest heartbeat in UTC, last archived segment, whether
    it is in recovery), `last_backup` (label, type, end in UTC, whether pgBackRest found it in error), `backups` (how
    many there are) and `held` (whether backups are on hold). What could not be read is None.
    """
    trouble: list[str] = []
    server = postmaster(cluster.data_directory)
    found = _backups(cluster, trouble)
    facts = {
        "database": _database_facts(cluster, trouble) if server else None,
        "last_backup": _summary(found[-1]) if found else None,
        "backups": None if found is None else len(found),
        "held": cluster.hold_file.exists(),
    }
    pids = {
        "server": server,
        "writer": helpers.helper_pid(cluster, helpers.WRITER),
        "schedule": helpers.helper_pid(cluster, helpers.SCHEDULE),
    }
    return ServiceStatus("postgres", address, pids, facts, _lines(pids, facts, address), trouble)


def _database_facts(cluster: Cluster, trouble: list[str]) -> dict[str, Any] | None:
    try:
        facts: dict[str, Any] = json.loads(cluster.psql(DATABASE_FACTS, timeout=60))
    except CleoError as error:
        trouble.append(error.message)
        return None
    return facts


def _backups(cluster: Cluster, trouble: list[str]) -> list[dict[str, Any]] | None:
    try:
        return backups.list_backups(cluster)
    except CleoError as error:
        trouble.append(error.message)
        return None


def _summary(backup: dict[str, Any]) -> dict[str, Any]:
    end = datetime.fromtimestamp(backup["timestamp"]["stop"], UTC)
    return {
        "label": backup["label"],
        "type": backup["type"],
        "ended": end.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "error": bool(backup.get("error")),
    }


def _lines(pids: dict[str, int | None], facts: dict[str, Any], address: str) -> list[tuple[str, str]]:
    database, last = facts["database"] or {}, facts["last_backup"]
    rows = ", ".join(f"{table} {count:,}" for table, count in sorted((database.get("rows") or {}).items()))
    error = " (in error: it holds a damaged page)" if last and last["error"] else ""
    return [
        ("PostgreSQL", f"{described(pids['server'])}, {address}"),
        ("writer", described(pids["writer"])),
        ("backups", described(pids["schedule"]) + (", on hold" if facts["held"] else "")),
        ("rows", rows or "not measured"),
        ("newest write", database.get("heartbeat") or "not measured"),
        ("last backup", f"{last['label']}, ended {last['ended']}{error}" if last else "not measured"),
        ("last archived", database.get("last_archived") or "not measured"),
    ]


def described(pid: int | None) -> str:
    """A process for a person to read."""
    return "does not run" if pid is None else f"runs (pid {pid})"

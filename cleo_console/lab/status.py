"""What a lab is doing at this moment."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from cleo_console.lab import backups, helpers, processes
from cleo_console.lab.fault_log import Fault, injected_faults
from cleo_console.lab.site import Site
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


@dataclass(frozen=True)
class LabStatus:
    """A lab at one moment. What could not be read is None, and `trouble` says why.

    Args:
        directory: the lab's folder.
        inventory: its inventory file.
        port: PostgreSQL's port on 127.0.0.1.
        postgres: the server's pid.
        writer: the pid of the process that commits a row a second.
        schedule: the pid of the process that takes the scheduled backups.
        held: whether backups are on hold.
        database: rows a table, size in bytes, newest heartbeat (UTC), last archived segment, whether it is in recovery.
        last_backup: label, type, end (UTC), and whether pgBackRest found it in error.
        backups: how many there are.
        faults: what was injected so far.
        trouble: what could not be read, and why.
    """

    directory: str
    inventory: str
    port: int
    postgres: int | None
    writer: int | None
    schedule: int | None
    held: bool
    database: dict[str, Any] | None
    last_backup: dict[str, Any] | None
    backups: int | None
    faults: list[Fault]
    trouble: list[str]

    @property
    def whole(self) -> bool:
        """Whether everything that belongs to the lab runs and answers."""
        return None not in (self.postgres, self.writer, self.schedule) and not self.trouble


def read_status(site: Site) -> LabStatus:
    """Look at the lab; nothing is changed, and what cannot be read is said."""
    trouble: list[str] = []
    server = processes.postmaster(site.data_directory)
    database = _database_facts(site, trouble) if server else None
    found = _backups(site, trouble)
    return LabStatus(
        directory=str(site.directory),
        inventory=str(site.inventory),
        port=site.port,
        postgres=server,
        writer=_pid(site, helpers.WRITER),
        schedule=_pid(site, helpers.SCHEDULE),
        held=site.hold_file.exists(),
        database=database,
        last_backup=_summary(found[-1]) if found else None,
        backups=None if found is None else len(found),
        faults=injected_faults(site),
        trouble=trouble,
    )


def _pid(site: Site, script: str) -> int | None:
    process = processes.running_script(site.directory, script)
    return process.pid if process else None


def _database_facts(site: Site, trouble: list[str]) -> dict[str, Any] | None:
    try:
        facts: dict[str, Any] = json.loads(site.psql(DATABASE_FACTS, timeout=60))
    except CleoError as error:
        trouble.append(error.message)
        return None
    return facts


def _backups(site: Site, trouble: list[str]) -> list[dict[str, Any]] | None:
    try:
        return backups.list_backups(site)
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

"""Findings after a recovery of sound data: prepared transactions, replication slots, archiving; each with its cure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from actions.outcome import Finding
from actions.systems.postgres.connection import CannotConnect, identifier
from actions.systems.postgres.server import Server
from actions.systems.postgres.verified_connection import connect_verified
from journal.errors import CleoError

if TYPE_CHECKING:
    import psycopg

_PREPARED = "SELECT gid, database, owner, prepared FROM pg_prepared_xacts ORDER BY prepared"
_SLOTS = """
    SELECT slot_name, slot_type, wal_status,
           pg_size_pretty(CASE WHEN pg_is_in_recovery() THEN 0 ELSE pg_current_wal_lsn() - restart_lsn END)
    FROM pg_replication_slots WHERE NOT active ORDER BY 1
"""
_ARCHIVING = """
    SELECT last_failed_wal, last_failed_time FROM pg_stat_archiver
    WHERE last_failed_time > coalesce(last_archived_time, '-infinity') AND current_setting('archive_mode') <> 'off'
"""
_DATABASES = "SELECT datname, datconnlimit, datallowconn FROM pg_database WHERE datname <> 'template0' ORDER BY 1"
_INDEXES = """
    SELECT format('%I.%I', n.nspname, c.relname) FROM pg_index x JOIN pg_class c ON c.oid = x.indexrelid
    JOIN pg_namespace n ON n.oid = c.relnamespace WHERE NOT x.indisvalid ORDER BY 1
"""
_CONSTRAINTS = """
    SELECT format('%I of %I.%I', o.conname, n.nspname, c.relname) FROM pg_constraint o
    JOIN pg_class c ON c.oid = o.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE NOT o.convalidated ORDER BY 1
"""
_LOOK_S = 30.0
_INVALID = -2


def recovery_findings(server: Server) -> list[Finding]:
    """Return what a person must see to after a recovery: nothing of it is proven wrong.

    Raises:
        CannotConnect: the server cannot be talked to, or another one answers.
    """
    with connect_verified(server, deadline_s=_LOOK_S) as session:
        found = [*_prepared(session), *_slots(session), *_archiving(session)]
        databases = session.execute(_DATABASES).fetchall()
    for name, limit, connectable in databases:
        if limit == _INVALID:
            cure = f"DROP DATABASE {identifier(name)}, and create it again if it is needed."
            found.append(_warning(f"database {name}", "invalid: a DROP DATABASE was interrupted", cure))
        elif connectable:
            found += _of_database(server, name)
    return found


def collect_findings(server: Server) -> list[Finding]:
    """Return what a recovery left, for an action that has done its work: that it cannot be looked at is a finding."""
    try:
        return recovery_findings(server)
    except CleoError as error:
        cure = "Run postgres.verify once the server can be asked."
        return [_warning("leftovers", f"not looked at: {error.message}", cure)]


def _warning(about: str, text: str, cure: str) -> Finding:
    return Finding(severity="warning", about=about, text=text, cure=cure)


def _prepared(session: psycopg.Connection[Any]) -> Iterator[Finding]:
    for gid, database, owner, since in session.execute(_PREPARED).fetchall():
        yield _warning(
            f"prepared transaction {gid!r}",
            f"open in {database} since {since:%Y-%m-%d %H:%M:%S %Z}, of {owner}: it holds locks, and keeps vacuum back",
            "Ask its application which it is, then COMMIT PREPARED or ROLLBACK PREPARED it.",
        )


def _slots(session: psycopg.Connection[Any]) -> Iterator[Finding]:
    for name, kind, status, kept in session.execute(_SLOTS).fetchall():
        yield _warning(
            f"replication slot {name}",
            f"{kind}, nobody uses it; it keeps {kept} of log ({status or 'status not known'}) and may fill the disk",
            f"If its consumer does not come back: SELECT pg_drop_replication_slot('{name}').",
        )


def _archiving(session: psycopg.Connection[Any]) -> Iterator[Finding]:
    for segment, at in session.execute(_ARCHIVING).fetchall():
        yield _warning(
            "archiving",
            f"fails since {at:%Y-%m-%d %H:%M:%S %Z}, at {segment}: what is committed now is in no backup",
            "Read the server's log for what archive_command says, and mend it.",
        )


def _of_database(server: Server, name: str) -> list[Finding]:
    try:
        with connect_verified(server, deadline_s=_LOOK_S, database=name) as session:
            indexes = [row[0] for row in session.execute(_INDEXES).fetchall()]
            constraints = [row[0] for row in session.execute(_CONSTRAINTS).fetchall()]
    except CannotConnect as error:
        return [_warning(f"database {name}", f"could not be looked at: {error.message}", error.hint)]
    found = []
    if indexes:
        text = "invalid: no query uses them, every write pays for them"
        found.append(_warning(f"{name}, indexes {_some(indexes)}", text, "REINDEX INDEX CONCURRENTLY, or drop them."))
    if constraints:
        text = "never validated: older rows may break them"
        found.append(_warning(f"{name}, constraints {_some(constraints)}", text, "ALTER TABLE … VALIDATE CONSTRAINT."))
    return found


def _some(names: list[str]) -> str:
    return ", ".join(names[:5]) + (f", and {len(names) - 5} more" if len(names) > 5 else "")

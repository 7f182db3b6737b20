"""Which sessions or prepared transactions hold a conflicting lock."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import psycopg

_HOLDERS = """
    SELECT l.pid, a.usename, a.application_name, a.xact_start, a.state, p.gid, p.prepared
    FROM pg_locks l
    LEFT JOIN pg_stat_activity a ON a.pid = l.pid
    LEFT JOIN pg_locks x ON l.pid IS NULL AND x.pid IS NULL AND x.locktype = 'transactionid'
                        AND x.virtualtransaction = l.virtualtransaction
    LEFT JOIN pg_prepared_xacts p ON p.transaction = x.transactionid
    WHERE l.locktype = 'relation' AND l.relation = %s AND l.granted AND l.mode = 'AccessExclusiveLock'
      AND l.database IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))
      AND l.pid IS DISTINCT FROM pg_backend_pid()
"""


def holders(session: psycopg.Connection[Any], oid: int) -> str:
    """Return which session or transaction locks the relation ``oid``, since when, and how to end it; empty if none."""
    return "; ".join(_words(*row) for row in session.execute(_HOLDERS, [oid]).fetchall())


def _words(pid: int | None, user: str, program: str, since: Any, state: str, gid: str | None, prepared: Any) -> str:
    if gid is not None:
        return f"by the prepared transaction {gid!r}, since {prepared:%Y-%m-%d %H:%M:%S %Z}"
    if pid is None:
        return "by a prepared transaction"
    begun = f", in a transaction since {since:%Y-%m-%d %H:%M:%S %Z}" if since else ""
    return f"by process {pid} ({user}, {program or 'no name'}, {state}){begun}"

"""How many seconds of commits would be lost if the server and its disks failed now, by its own clock."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import msgspec

from actions.exposure import least_of, of_replica, since
from actions.systems.postgres.heartbeat import last_committed
from journal.events.measured import Measured

if TYPE_CHECKING:
    import psycopg

_MAY = """
    SELECT has_function_privilege('pg_ls_waldir()', 'execute')
       AND has_function_privilege('pg_ls_archive_statusdir()', 'execute')
"""
_MAY_NOT = "its user may not look at the log (pg_monitor), and no replica follows"
_ARCHIVED = r"""
    WITH status AS (SELECT left(name, 24) AS segment, right(name, 5) AS state FROM pg_ls_archive_statusdir()
                    WHERE name ~ '^[0-9A-F]{24}\.(done|ready)$'),
         safe AS (SELECT max(segment) AS segment FROM status WHERE state = '.done' AND segment <
                  coalesce((SELECT min(segment) FROM status WHERE state = 'ready'), 'x'))
    SELECT modification FROM pg_ls_waldir() WHERE name = (SELECT segment FROM safe)
"""
"""When the newest segment before the first one that still waits was last written to: the server keeps it for a while.

The time at which it was archived would say too little where the archive had been failing, and has caught up since.
"""
_NEAREST = """
    SELECT extract(epoch FROM min(coalesce(flush_lag, '0')))::float FROM pg_stat_replication
    WHERE state = 'streaming' AND application_name <> 'pg_basebackup'
"""


def expose(session: psycopg.Connection[Any], found: Measured, now: datetime) -> Measured:
    """Return ``found`` with what is safe of a primary's commits, and for how long it is not.

    What cannot be asked is not measured: a user without ``pg_monitor``, a server that archived nothing yet, or whose
    archived segments a checkpoint has removed while the next one still waits.

    Args:
        session: an open one.
        found: its newest commit.
        now: the server's clock.
    """
    may = session.execute(_MAY).fetchone()
    until, lag_s = _archived_until(session) if may and may[0] else None, _nearest_replica_s(session)
    newest = last_committed(session) or now  # where nothing is committed, nothing is exposed
    least = least_of(of_replica(lag_s), since(newest, until, "WAL archived until"))
    unknown = "no segment of its log is known to be archived" if may and may[0] else _MAY_NOT
    return msgspec.structs.replace(
        found,
        archived_until=until,
        replica_lag_s=lag_s,
        exposure_s=least.seconds if least else None,
        exposure_by=least.by if least else unknown,
    )


def _archived_until(session: psycopg.Connection[Any]) -> datetime | None:
    row = session.execute(_ARCHIVED).fetchone()
    return row[0].astimezone(UTC) if row and row[0] else None


def _nearest_replica_s(session: psycopg.Connection[Any]) -> float | None:
    row = session.execute(_NEAREST).fetchone()
    return float(row[0]) if row and row[0] is not None else None

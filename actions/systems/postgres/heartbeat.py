"""The newest commit of a running server, from which data loss is computed."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, LiteralString

from actions.systems.postgres.settings import PostgresSettings
from journal.events.measured import Measured, newest_of

if TYPE_CHECKING:
    import psycopg

_PATIENT_S = 15.0
QUICK_S = 1.0
"""A heartbeat table that is locked, or too long to look through, is not measured: by a probe after a second."""

_COUNTED_BYTES = 8 * 1024 * 1024
"""Up to this size its rows are counted each time: some milliseconds, and two days of one row a second."""


def newest_commit(
    session: psycopg.Connection[Any], settings: PostgresSettings, *, strict: bool = False, within_s: float = _PATIENT_S
) -> datetime | None:
    """Return the newest heartbeat's time in UTC, or None where there is no heartbeat table or no row in it.

    A row of the future is none: somebody wrote another time than the present into it.

    Args:
        session: an open one.
        settings: the server.
        strict: raise where it cannot be asked, instead of returning None.
        within_s: seconds to spend on it.

    Raises:
        psycopg.Error: the table is another than was meant, not ours to read, locked, or too long to look through.
    """
    question: LiteralString = "SELECT max(at)::timestamptz FROM {} WHERE at <= clock_timestamp()"
    row = _asked(session, settings, question, strict=strict, within_s=within_s)
    return row[0].astimezone(UTC) if row and row[0] else None


def newest_before_start(session: psycopg.Connection[Any], settings: PostgresSettings) -> datetime | None:
    """Return the newest heartbeat that was there when the server started: what came back by that."""
    row = _asked(session, settings, "SELECT max(at)::timestamptz FROM {} WHERE at < pg_postmaster_start_time()")
    return row[0].astimezone(UTC) if row and row[0] else None


def measure(
    session: psycopg.Connection[Any],
    settings: PostgresSettings,
    *,
    writers_out: bool = False,
    beat: datetime | None = None,
    within_s: float = _PATIENT_S,
) -> Measured:
    """Return the newest commit, the heartbeats there are, and how far the server's clock is ahead of ours.

    Args:
        session: an open one.
        settings: the server.
        writers_out: whether nobody but us can commit any more.
        beat: its newest heartbeat, where that was asked already.
        within_s: seconds to spend on each question about the heartbeats.
    """
    asked = datetime.now(UTC)
    row = session.execute("SELECT clock_timestamp()").fetchone()
    if not row:
        return Measured()
    here = asked + (datetime.now(UTC) - asked) / 2
    now = row[0].astimezone(UTC)
    committed = last_committed(session)
    last = newest_of(committed, beat or newest_commit(session, settings, within_s=within_s))
    until = last if committed else now
    return Measured(
        newest_commit_at=last,
        no_commit_after=until if writers_out else None,
        heartbeats=_heartbeats(session, settings, within_s),
        clock_ahead_s=round((now - here).total_seconds(), 3),
    )


def recovered(session: psycopg.Connection[Any], settings: PostgresSettings) -> Measured:
    """Return what came back with a recovery that just ended: the last commit that was replayed, and the heartbeats.

    Ask it before the writers are let in.
    """
    row = session.execute("SELECT pg_last_xact_replay_timestamp()").fetchone()
    replayed = row[0].astimezone(UTC) if row and row[0] else None
    back = newest_of(replayed, newest_commit(session, settings))
    return Measured(recovered_to=back, heartbeats=_heartbeats(session, settings, _PATIENT_S))


def last_committed(session: psycopg.Connection[Any]) -> datetime | None:
    """Return when the server last committed anything, since it started; None where it does not track that."""
    row = session.execute("SELECT current_setting('track_commit_timestamp')").fetchone()
    if not row or row[0] != "on":
        return None
    row = session.execute("SELECT timestamp FROM pg_last_committed_xact()").fetchone()
    return row[0].astimezone(UTC) if row and row[0] else None


def _heartbeats(session: psycopg.Connection[Any], settings: PostgresSettings, within_s: float) -> int | None:
    """Return how many rows the heartbeat table has; None where it has none, or is too long to be counted each time."""
    size = _asked(session, settings, "SELECT pg_relation_size({}::regclass)", as_text=True, within_s=within_s)
    if not size or size[0] > _COUNTED_BYTES:
        return None
    row = _asked(session, settings, "SELECT count(*) FROM {} WHERE at <= clock_timestamp()", within_s=within_s)
    return int(row[0]) if row else None


def _asked(
    session: psycopg.Connection[Any],
    settings: PostgresSettings,
    question: LiteralString,
    *,
    strict: bool = False,
    as_text: bool = False,
    within_s: float = _PATIENT_S,
) -> tuple[Any, ...] | None:
    """Return the answer to a question about the heartbeat table, or None where it cannot be asked in time."""
    import psycopg
    from psycopg import sql

    if not settings.heartbeat:
        return None
    name = sql.Literal(settings.heartbeat) if as_text else sql.Identifier(*settings.heartbeat.split("."))
    try:
        with session.transaction():
            session.execute("SELECT set_config('statement_timeout', %s, true)", [f"{within_s:.0f}s"])
            known = session.execute("SELECT to_regclass(%s)", [settings.heartbeat]).fetchone()
            if not known or known[0] is None:
                return None
            return session.execute(sql.SQL(question).format(name)).fetchone()
    except psycopg.Error:
        if strict or session.broken:
            raise
        return None  # another table than was meant, not ours to read, locked, damaged: not measured

"""The standby that takes a primary's place: which it is, and how far it came."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from actions.failover import choice
from actions.outcome import ActionFailed
from actions.systems.postgres.failover.standing import KIND
from actions.systems.postgres.server import Server
from actions.systems.postgres.verified_connection import connect_verified
from journal.wording.durations import rough_duration

if TYPE_CHECKING:
    import psycopg

_SEEN = """
    SELECT pg_is_in_recovery(), pg_last_wal_receive_lsn() - '0/0', pg_last_wal_replay_lsn() - '0/0',
           pg_last_xact_replay_timestamp(),
           CASE WHEN pg_is_in_recovery() THEN pg_is_wal_replay_paused() END,
           (SELECT setting::bigint FROM pg_settings WHERE name = 'recovery_min_apply_delay'),
           (SELECT setting FROM pg_settings WHERE name = 'synchronous_standby_names'),
           (SELECT greatest(timeline_id, (SELECT max(received_tli) FROM pg_stat_wal_receiver))
            FROM pg_control_checkpoint())
"""


class Reached(NamedTuple):
    """How far a standby came. Positions are bytes of the log; ``delay_s``: how much later it applies on purpose."""

    in_recovery: bool
    received: int
    replayed: int
    committed_at: datetime | None
    paused: bool
    delay_s: float
    synchronous: str
    timeline: int


def reached(session: psycopg.Connection[Any]) -> Reached:
    """Return how far the server of a session came."""
    row = session.execute(_SEEN).fetchone()
    if row is None:
        raise ActionFailed("The standby does not say how far it came.")
    recovering, received, replayed, at, paused, delay_ms, synchronous, timeline = row
    return Reached(
        in_recovery=bool(recovering),
        received=max(int(received or 0), int(replayed or 0)),
        replayed=int(replayed or 0),
        committed_at=at.astimezone(UTC) if at else None,
        paused=bool(paused),
        delay_s=int(delay_ms or 0) / 1000,
        synchronous=str(synchronous or ""),
        timeline=int(timeline),
    )


def choose(primary: Server, name: str) -> Server:
    """Return the standby that is named, else the only one.

    Raises:
        ActionFailed: there is none, or none of that name, or nobody said which of several.
    """
    return choice.choose(KIND, primary, name)


def choose_next(primary: Server, name: str) -> Server:
    """Return the standby that is to take over: one that applies late on purpose is only for who names it.

    Raises:
        ActionFailed: there is none, or none of that name, or nobody said which of several.
    """
    return choice.choose(KIND, primary, name, _says)


def late(seen: Reached) -> str:
    """Return that a standby is kept late, as what it does; empty: it is not."""
    return f"applies {rough_duration(seen.delay_s)} late on purpose" if seen.delay_s else ""


def _says(standby: Server) -> choice.Says:
    with connect_verified(standby, deadline_s=5) as session:
        seen = reached(session)
    at = f", newest commit {seen.committed_at:%H:%M:%S} UTC" if seen.committed_at else ""
    return choice.Says((seen.received,), f"it has {seen.received:,} bytes of log{at}", late(seen))

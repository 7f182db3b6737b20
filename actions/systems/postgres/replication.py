"""How far a standby is behind its primary, as the standby reports it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    import psycopg

_FOLLOWS = """
    SELECT CASE WHEN pg_is_in_recovery() THEN pg_is_wal_replay_paused() END,
           CASE WHEN NOT EXISTS (SELECT FROM pg_settings WHERE name = 'primary_conninfo' AND setting <> '') THEN NULL
                WHEN receiver.pid IS NULL THEN false
                ELSE receiver.status = 'streaming' END,
           receiver.latest_end_lsn <= pg_last_wal_replay_lsn(),
           extract(epoch FROM clock_timestamp() - receiver.last_msg_receipt_time)::float,
           extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp())::float,
           (SELECT setting::float / 1000 FROM pg_settings WHERE name = 'recovery_min_apply_delay')
    FROM (SELECT 1) one LEFT JOIN pg_stat_wal_receiver receiver ON true
"""
_SILENCE_S = 35.0
"""A receiver that hears nothing for half of wal_receiver_timeout (60 s by default) asks its primary for an answer."""


class Following(NamedTuple):
    """How a standby follows.

    Attributes:
        lag_s: seconds that it is behind; None: it has replayed no commit yet.
        streams: whether it is connected to its primary; None: it names none, or that is not ours to see.
        paused: whether replay is paused; None: it is no standby any more.
        delay_s: seconds that it applies late on purpose.
    """

    lag_s: float | None = None
    streams: bool | None = None
    paused: bool | None = None
    delay_s: float = 0.0

    def trouble(self) -> str:
        """Return why it falls behind; empty: it follows, as far as can be seen."""
        if self.paused:
            return "replay is paused"
        return "it receives nothing from its primary" if self.streams is False else ""


def following(session: psycopg.Connection[Any]) -> Following:
    """Return how a server in recovery follows its primary.

    The age of the commit that it replayed last tells too much where the primary is quiet, and the bytes that it has not
    replayed tell too little where it is cut off. So it is not behind only when it is connected, and has replayed all
    that its primary told it of; else that age counts.
    """
    row = session.execute(_FOLLOWS).fetchone()
    if row is None:
        return Following()
    paused, streams, replayed_all, silent_s, age_s, delay_s = row
    if streams and replayed_all:
        age_s = 0.0 if silent_s is None or silent_s < _SILENCE_S else silent_s
    return Following(None if age_s is None else round(max(age_s, 0.0), 1), streams, paused, delay_s or 0.0)

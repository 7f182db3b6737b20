"""PostgreSQL's health: is it up, in which role, how far behind, how full, how well protected?"""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any

import msgspec

from actions.health import Health, Status
from actions.postgres.connection import CannotConnect, connect
from actions.postgres.heartbeat import newest_commit
from actions.postgres.settings import PostgresSettings
from actions.transport import DeadlineExceeded, NothingStarted, Transport, TransportLost

_BASICS = """
    SELECT pg_is_in_recovery(),
           (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'),
           current_setting('max_connections')::int,
           extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp())::float,
           (SELECT last_archived_time FROM pg_stat_archiver),
           (SELECT last_archived_wal FROM pg_stat_archiver),
           (SELECT last_failed_time > coalesce(last_archived_time, '-infinity') FROM pg_stat_archiver),
           current_setting('archive_mode')
"""
_LAG_S = 300
"""The written plan's alert on replication lag."""
_FULL = 0.9
_STALE_HEARTBEAT_S = 60


def probe(system: str, settings: PostgresSettings, host: Transport, *, deadline_s: float) -> Health:
    """Return the server's health.

    Args:
        system: its name in the inventory.
        settings: the server.
        host: the way to its host, for the age of its backups.
        deadline_s: seconds for all of it.
    """
    end = time.monotonic() + deadline_s
    try:
        facts = _ask(settings, deadline_s * 0.7)
    except CannotConnect as error:
        return _unreached(error)
    age_s = _backup_age_s(settings, host, end - time.monotonic())
    if age_s is not None:
        facts["backup_age_s"] = age_s
    return _judge(system, facts)


def _ask(settings: PostgresSettings, deadline_s: float) -> dict[str, Any]:
    with connect(settings, deadline_s=deadline_s) as session:
        row = session.execute(_BASICS).fetchone()
        newest = newest_commit(session, settings)
    return _facts(row, newest) if row else {}


def _facts(row: tuple[Any, ...], newest: datetime | None) -> dict[str, Any]:
    facts = {
        "role": "standby" if row[0] else "primary",
        "connections": row[1],
        "max_connections": row[2],
        "lag_s": round(row[3], 1) if row[0] and row[3] is not None else None,
        "archived_at": row[4].astimezone(UTC).isoformat() if row[4] else None,
        "archived_wal": row[5],
        "archiving": "failing" if row[6] else row[7],
        "heartbeat_age_s": round((datetime.now(UTC) - newest).total_seconds(), 1) if newest else None,
    }
    return {name: value for name, value in facts.items() if value is not None}


def _unreached(error: CannotConnect) -> Health:
    words: dict[str, tuple[Status, str]] = {
        "refused": ("down", error.message),
        "password": ("not measured", f"user or password is wrong: {error.message}"),
        "timeout": ("down", error.message),
        "starting": ("degraded", f"starting or recovering: {error.message}"),
    }
    status, detail = words.get(error.why, ("down", error.message))
    return Health(status=status, detail=detail, facts={"reason": error.why})


def _backup_age_s(settings: PostgresSettings, host: Transport, left_s: float) -> int | None:
    """Return the age of the newest backup that is not in error; None where nobody can tell in time."""
    backups = settings.backups
    argv = ["pgbackrest", f"--config={backups.config}", f"--stanza={backups.stanza}", "info", "--output=json"]
    try:
        done = host.query([*argv, "--log-level-console=off"], timeout_s=max(left_s, 0.5), user=settings.run_as)
    except (DeadlineExceeded, NothingStarted, TransportLost):
        return None
    if done.code != 0:
        return None
    stanzas = msgspec.json.decode(done.out)
    ends = [b["timestamp"]["stop"] for s in stanzas for b in s.get("backup", []) if not b.get("error")]
    return int(time.time() - max(ends)) if ends else None


def _judge(system: str, facts: dict[str, Any]) -> Health:
    troubles = []
    if facts.get("lag_s", 0) > _LAG_S:
        troubles.append(f"lags {facts['lag_s']:.0f} s")
    if facts["connections"] >= _FULL * facts["max_connections"]:
        troubles.append("connections nearly used up")
    if facts["archiving"] == "failing":
        troubles.append("archiving fails")
    if facts["archiving"] == "off":
        troubles.append("archiving is off")
    if facts["role"] == "primary" and facts.get("heartbeat_age_s", 0) > _STALE_HEARTBEAT_S:
        troubles.append(f"nothing written for {facts['heartbeat_age_s']:.0f} s")
    if "backup_age_s" not in facts:
        troubles.append("age of backups not measured")
    detail = "; ".join([*troubles, *_figures(facts)])
    return Health(status="degraded" if troubles else "up", detail=detail, facts={"system": system, **facts})


def _figures(facts: dict[str, Any]) -> list[str]:
    figures = [facts["role"], f"{facts['connections']}/{facts['max_connections']} connections"]
    if "lag_s" in facts:
        figures.append(f"lag {facts['lag_s']:.0f} s")
    if "archived_at" in facts:
        figures.append(f"WAL archived {datetime.fromisoformat(facts['archived_at']):%H:%M:%S} UTC")
    if "backup_age_s" in facts:
        figures.append(f"backup {facts['backup_age_s'] / 60:.0f} min old")
    return figures

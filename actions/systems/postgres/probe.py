"""PostgreSQL's health probe: role, lag, disk use, backups."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import msgspec

from actions.health import Health, silent
from actions.machine.listener import Ask, look
from actions.systems.postgres.connection import CannotConnect, connect
from actions.systems.postgres.exposure import expose
from actions.systems.postgres.heartbeat import QUICK_S, measure, newest_commit
from actions.systems.postgres.pgbackrest.command import command_line, parse_repository
from actions.systems.postgres.process import POSTGRES
from actions.systems.postgres.replication import Following, following
from actions.systems.postgres.settings import PostgresSettings
from actions.systems.postgres.verified_connection import require_ours
from actions.transport import DeadlineExceeded, NothingStarted, Transport, TransportLost
from journal.errors import CleoError
from journal.wording.durations import rough_duration

if TYPE_CHECKING:
    import psycopg

_BASICS = """
    SELECT pg_is_in_recovery(),
           (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'),
           current_setting('max_connections')::int,
           (SELECT last_archived_time FROM pg_stat_archiver),
           (SELECT last_archived_wal FROM pg_stat_archiver),
           (SELECT last_failed_time > coalesce(last_archived_time, '-infinity') FROM pg_stat_archiver),
           current_setting('archive_mode'),
           clock_timestamp()
"""
_LAG_S = 300
"""Seconds of replication lag from which a server counts as degraded."""
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

    def asker(user: str) -> Ask:
        return lambda argv: host.query(argv, timeout_s=max(end - time.monotonic(), 0.5), user=user)

    ask = (asker(settings.run_as), asker(""))

    try:
        facts = _ask(settings, deadline_s * 0.6, ask)
    except CannotConnect as error:
        return _unreached(error, settings, ask)
    return _judge(system, facts | _backups(settings, host, end - time.monotonic()))


def _ask(settings: PostgresSettings, deadline_s: float, ask: tuple[Ask, Ask]) -> dict[str, Any]:
    with connect(settings, deadline_s=deadline_s) as session:
        require_ours(session, settings, *ask)
        row = session.execute(_BASICS).fetchone()
        newest, trouble = _heartbeat(session, settings)
        beating = msgspec.structs.replace(settings, heartbeat="") if trouble else settings  # once is enough
        measured = measure(session, beating, beat=newest, within_s=QUICK_S)
        follows = following(session) if row and row[0] else Following()
        if row and row[0]:
            measured = msgspec.structs.replace(measured, replica_lag_s=follows.lag_s)
        elif row:
            measured = expose(session, measured, row[7])
    facts = {**_facts(row, newest), **measured.facts()} if row else {}
    second = f"it is to follow {settings.standby_of}, and is a primary itself" if row and not row[0] else ""
    troubles = {
        "heartbeat_trouble": trouble,
        "standby_trouble": (second or follows.trouble()) if settings.standby_of else "",
    }
    late = {"apply_delay_s": follows.delay_s} if follows.delay_s else {}
    return facts | late | {name: text for name, text in troubles.items() if text}


def _heartbeat(session: psycopg.Connection[Any], settings: PostgresSettings) -> tuple[datetime | None, str]:
    """Return the newest heartbeat, and what keeps it from being read: a server without one is up all the same."""
    import psycopg

    try:
        newest = newest_commit(session, settings, strict=True, within_s=QUICK_S)
    except psycopg.errors.QueryCanceled:
        return None, f"{settings.heartbeat} is locked, or too long to look through"
    except psycopg.OperationalError:
        raise
    except psycopg.Error as error:
        return None, str(error).splitlines()[0]
    if settings.heartbeat and newest is None:
        return None, f"there is no table {settings.heartbeat}, or no row in it"
    return newest, ""


def _facts(row: tuple[Any, ...], newest: datetime | None) -> dict[str, Any]:
    facts = {
        "role": "standby" if row[0] else "primary",
        "connections": row[1],
        "max_connections": row[2],
        "archived_at": row[3].astimezone(UTC).isoformat() if row[3] else None,
        "archived_wal": row[4],
        "archiving": "failing" if row[5] else row[6],
        "heartbeat_age_s": round((row[7] - newest).total_seconds(), 1) if newest else None,
    }
    return {name: value for name, value in facts.items() if value is not None}


def _unreached(error: CannotConnect, settings: PostgresSettings, ask: tuple[Ask, Ask]) -> Health:
    """Tell down from silent, unexpected and not measurable: the host knows whether the server runs."""
    facts: dict[str, str] = {"reason": error.why}
    if error.why == "unproven":
        return Health(status="not measured", detail=error.message, facts=facts)
    try:
        postmaster = look(ask[0], settings.data_directory.rstrip("/"), POSTGRES, ask[1]).server()
    except CleoError as unseen:
        return _unseen(error, unseen, facts)
    if postmaster is None:
        return Health(status="down", detail=error.message, facts=facts)
    facts["pid"] = str(postmaster.pid)
    if error.why == "timeout":
        return silent(error.message, facts, pid=postmaster.pid)
    detail = f"it runs (pid {postmaster.pid}), and cannot be asked: {error.message}"
    if error.why == "tls":
        return Health(status="not measured", detail=f"{detail}. {error.hint}", facts=facts)
    if error.why == "password":
        return Health(status="not measured", detail=f"{error.login}; {detail}", facts=facts)
    return Health(status="degraded", detail=detail, facts=facts)


def _unseen(error: CannotConnect, unseen: CleoError, facts: dict[str, str]) -> Health:
    """The host could not be asked either: what refuses is down as far as anyone can see, the rest unknown."""
    if error.why == "refused":
        return Health(status="down", detail=error.message, facts=facts)
    if error.why == "timeout":
        return silent(error.message, facts, unseen=unseen.message)
    return Health(status="not measured", detail=f"{error.message}; {unseen.message}", facts=facts)


def _backups(settings: PostgresSettings, host: Transport, left_s: float) -> dict[str, Any]:
    """Return the newest sound backup's age in seconds, and unusable repositories; nothing if unknown."""
    argv = command_line(settings.backups, "info", "--output=json", "--log-level-console=off")
    try:
        done = host.query(argv, timeout_s=max(left_s, 0.5), user=settings.run_as)
    except (DeadlineExceeded, NothingStarted, TransportLost):
        return {}
    found = parse_repository(done.out) if done.code == 0 else None
    if found is None:
        return {}
    ends = [backup.stopped_at.timestamp() for backup in found.backups if not backup.error]
    age = {"backup_age_s": int(time.time() - max(ends))} if ends else {}
    return {**age, "backup_troubles": found.troubles()} if found.troubles() else age


def _judge(system: str, facts: dict[str, Any]) -> Health:
    troubles = []
    if "standby_trouble" in facts:
        troubles.append(facts["standby_trouble"])
    if facts["role"] == "standby" and facts.get("replica_lag_s", 0) > _LAG_S + facts.get("apply_delay_s", 0):
        troubles.append(f"lags {rough_duration(facts['replica_lag_s'])}")
    if facts["connections"] >= _FULL * facts["max_connections"]:
        troubles.append("connections nearly used up")
    if facts["archiving"] == "failing":
        troubles.append("archiving fails")
    if facts["archiving"] == "off":
        troubles.append("archiving is off")
    if facts["role"] == "primary" and facts.get("heartbeat_age_s", 0) > _STALE_HEARTBEAT_S:
        troubles.append(f"nothing written for {rough_duration(facts['heartbeat_age_s'])}")
    if "heartbeat_trouble" in facts:
        troubles.append(f"heartbeat not read: {facts['heartbeat_trouble']}")
    if "backup_age_s" not in facts:
        troubles.append("age of backups not measured")
    troubles += facts.get("backup_troubles", [])
    detail = "; ".join([*troubles, *_figures(facts)])
    return Health(status="degraded" if troubles else "up", detail=detail, facts={"system": system, **facts})


def _figures(facts: dict[str, Any]) -> list[str]:
    figures = [facts["role"], f"{facts['connections']}/{facts['max_connections']} connections"]
    if facts["role"] == "standby" and "replica_lag_s" in facts:
        figures.append(f"lag {rough_duration(facts['replica_lag_s'])}")
    if "apply_delay_s" in facts:
        figures.append(f"applies {rough_duration(facts['apply_delay_s'])} late")
    if "archived_at" in facts:
        figures.append(f"WAL archived {datetime.fromisoformat(facts['archived_at']):%H:%M:%S} UTC")
    if "exposure_s" in facts:
        figures.append(f"{rough_duration(facts['exposure_s'])} exposed")
    if "backup_age_s" in facts:
        figures.append(f"backup {rough_duration(facts['backup_age_s'])} old")
    return figures

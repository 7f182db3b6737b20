"""Redis' health probe: role, replicas, keys, memory, what was saved when, backups."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any

from actions.health import Health, silent
from actions.machine.clock import clock_trouble
from actions.machine.listener import Ask, look
from actions.systems.redis.connection import CannotConnect, connect
from actions.systems.redis.exposure import newest_backup, rewrite_room
from actions.systems.redis.heartbeat import STALE_S, newest_write
from actions.systems.redis.measures import facts_of, server_time, troubles
from actions.systems.redis.replica_lag import lag_s
from actions.systems.redis.server import server_kind, server_of_table
from actions.systems.redis.settings import RedisSettings
from actions.systems.redis.verified_connection import require_ours, stranger_at
from actions.transport import Transport
from journal.errors import CleoError
from journal.wording.counting import count
from journal.wording.durations import rough_duration


def probe(system: str, settings: RedisSettings, host: Transport, *, deadline_s: float) -> Health:
    """Return the server's health.

    Args:
        system: its name in the inventory.
        settings: the server.
        host: the way to its host, for the proof of who answers and for its backups.
        deadline_s: seconds for all of it.
    """
    end = time.monotonic() + deadline_s

    def asker(user: str) -> Ask:
        return lambda argv: host.query(argv, timeout_s=max(end - time.monotonic(), 0.5), user=user)

    ask = (asker(settings.run_as), asker(""))
    try:
        facts, found = _ask(settings, deadline_s * 0.6, ask)
    except CannotConnect as error:
        return _unreached(error, settings, ask)
    found += rewrite_room(facts, ask[0], settings.place())
    if not settings.standby_of:  # a replica's backups are its master's
        backup = newest_backup(system, settings, host, end - time.monotonic())
        found += backup.troubles()
        facts |= backup.facts(facts)
    return _judge(system, facts, found)


def _ask(settings: RedisSettings, deadline_s: float, ask: tuple[Ask, Ask]) -> tuple[dict[str, Any], list[str]]:
    """Return what the server says, and what is not as it should be."""
    with connect(settings, deadline_s=deadline_s) as client:
        require_ours(client, settings, *ask)
        info: dict[str, Any] = client.info("everything")
        facts, found = facts_of(info), list(troubles(info))
        if info.get("loading"):
            return facts, found
        newest, trouble = newest_write(client, settings)
        lag = lag_s(client, info)
    now = server_time(info) or datetime.now(UTC)
    if newest:
        facts |= {"newest_commit_at": newest.isoformat(), "heartbeat_age_s": round((now - newest).total_seconds(), 1)}
    if trouble:
        found.append(f"heartbeat not read: {trouble}")
    age = (min(now, datetime.now(UTC)) - newest).total_seconds() if newest else 0  # it may be of either clock
    if age > STALE_S and facts["role"] == "master":
        found.append(f"nothing written for {rough_duration(age)}")
    if settings.standby_of and facts["role"] == "master":
        found.append(f"it is to follow {settings.standby_of}, and is a master itself")
    clock = {"clock_ahead_s": round((now - datetime.now(UTC)).total_seconds(), 1)}
    found += clock_trouble(clock["clock_ahead_s"], "keys")
    return facts | clock | ({"replica_lag_s": lag} if lag is not None else {}), found


def _unreached(error: CannotConnect, settings: RedisSettings, ask: tuple[Ask, Ask]) -> Health:
    """Tell down from silent, unexpected and not measurable: the host knows whether the server runs."""
    facts: dict[str, Any] = {"reason": error.why}
    if error.why in ("another", "unproven"):
        status: Any = "down" if error.why == "another" else "not measured"
        return Health(status=status, detail=error.message, facts=facts)
    try:
        stranger = stranger_at(settings, *ask) if error.why == "password" else None
        table = look(ask[0], settings.place(), server_kind(settings), ask[1])
        server = server_of_table(table, ask[0])
    except CleoError as unseen:
        return _unseen(error, unseen, facts)
    if stranger:
        return Health(status="down", detail=stranger.message, facts={"reason": "another"})
    if server is None:
        return Health(status="down", detail=error.message, facts=facts)
    facts["pid"] = str(server.pid)
    if error.why == "timeout":
        return silent(error.message, facts, pid=server.pid)
    detail = f"it runs (pid {server.pid}), and cannot be asked: {error.message}"
    if error.why == "tls":
        return Health(status="not measured", detail=f"{detail}. {error.hint}", facts=facts)
    if error.why == "password":
        return Health(status="not measured", detail=f"{error.login}; {detail}", facts=facts)
    return Health(status="degraded", detail=detail, facts=facts)


def _unseen(error: CannotConnect, unseen: CleoError, facts: dict[str, Any]) -> Health:
    """The host could not be asked either: what refuses is down as far as anyone can see, the rest unknown."""
    if error.why == "refused":
        return Health(status="down", detail=error.message, facts=facts)
    if error.why == "timeout":
        return silent(error.message, facts, unseen=unseen.message)
    return Health(status="not measured", detail=f"{error.message}; {unseen.message}", facts=facts)


def _judge(system: str, facts: dict[str, Any], found: list[str]) -> Health:
    detail = "; ".join([*found, *_figures(facts)])
    return Health(status="degraded" if found else "up", detail=detail, facts={"system": system, **facts})


def _figures(facts: dict[str, Any]) -> list[str]:
    figures = [facts["role"], count(facts["keys"], "key")]
    if facts["role"] == "replica" and facts.get("link_silent_s", -1) >= 0:
        figures.append(f"heard of its master {rough_duration(facts['link_silent_s'])} ago")
    elif facts.get("replicas"):
        figures.append(count(len(facts["replicas"]), "replica"))
    if "saved_at" in facts:
        figures.append(f"saved {datetime.fromisoformat(facts['saved_at']):%H:%M:%S} UTC")
    if "exposure_s" in facts:
        figures.append(f"{rough_duration(facts['exposure_s'])} exposed")
    if "backup_age_s" in facts:
        figures.append(f"backup {rough_duration(facts['backup_age_s'])} old")
    return figures

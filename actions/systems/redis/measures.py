"""What a Redis server says of itself (INFO), as facts, and what of it is not as it should be."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec

from actions.systems.redis.product import of_server
from journal.wording.counting import count
from journal.wording.durations import rough_duration

Info = Mapping[str, Any]
FULL = 0.9
"""The share of maxmemory from which keys are about to be evicted, or writes refused."""
_SILENT_S = 15
"""Seconds without a word of the other side from which a link counts as broken: cut, it stays "up" for a minute."""


class Replica(msgspec.Struct, frozen=True, kw_only=True):
    """A replica, as its master sees it.

    Attributes:
        address: where it is, ``HOST:PORT``.
        state: ``online`` once it follows.
        silent_s: seconds since it last answered; that is no lag.
        position: how far it said then that it came, in bytes of its master's replication stream.
    """

    address: str
    state: str
    silent_s: int
    position: int = 0


def keyspace(info: Info) -> dict[str, int]:
    """Return how many keys each database has, by its number."""
    return {name[2:]: int(found["keys"]) for name, found in info.items() if _is_database(name)}


def expiring(info: Info) -> int:
    """Return how many keys of all databases have a time to live."""
    return sum(int(found.get("expires", 0)) for name, found in info.items() if _is_database(name))


def _is_database(name: str) -> bool:
    return name.startswith("db") and name[2:].isdigit()


def replicas(info: Info) -> list[Replica]:
    """Return the replicas that a master sees."""
    seen = [
        info[f"slave{number}"] for number in range(int(info.get("connected_slaves", 0))) if f"slave{number}" in info
    ]
    return [
        Replica(
            address=f"{one['ip']}:{one['port']}",
            state=str(one["state"]),
            silent_s=int(one["lag"]),
            position=int(one.get("offset", 0)),
        )
        for one in seen
    ]


def role_of(info: Info) -> str:
    """Return ``master`` or ``replica``."""
    return "replica" if info.get("role") == "slave" else "master"


def instant(text: object) -> datetime | None:
    """Return a time that a key or a figure holds, in UTC: ISO 8601 with a zone, or seconds since 1970."""
    try:
        at = datetime.fromtimestamp(text, UTC) if isinstance(text, int | float) else datetime.fromisoformat(str(text))
    except (ValueError, OverflowError, OSError):
        return None
    return at.astimezone(UTC) if at.tzinfo else None


def server_time(info: Info) -> datetime | None:
    """Return the server's own clock."""
    micro = info.get("server_time_usec")
    return instant(int(micro) / 1e6) if micro else None


def facts_of(info: Info) -> dict[str, Any]:
    """Return what a server says of itself as facts: figures by plain names."""
    seen = replicas(info)
    saved = instant(info.get("rdb_last_save_time"))
    facts: dict[str, Any] = {
        "role": role_of(info),
        "version": of_server(info)[1] or None,
        "keys": sum(keyspace(info).values()),
        "keyspace": keyspace(info),
        "used_memory": info.get("used_memory"),
        "maxmemory": info.get("maxmemory"),
        "maxmemory_policy": info.get("maxmemory_policy"),
        "evicted_keys": info.get("evicted_keys"),
        "expired_keys": info.get("expired_keys"),
        "connections": info.get("connected_clients"),
        "max_connections": info.get("maxclients"),
        "rdb_last_bgsave_status": info.get("rdb_last_bgsave_status"),
        "rdb_changes_since_last_save": info.get("rdb_changes_since_last_save"),
        "saved_at": saved.isoformat() if saved else None,
        "aof_enabled": bool(info.get("aof_enabled")),
        "aof_last_write_status": info.get("aof_last_write_status"),
        "aof_last_bgrewrite_status": info.get("aof_last_bgrewrite_status"),
        "aof_size": info.get("aof_current_size"),
        "position": position_of(info),
        "replicas": [msgspec.to_builtins(one) for one in seen] if role_of(info) == "master" else None,
        "link": info.get("master_link_status"),
        "follows": f"{info['master_host']}:{info['master_port']}" if "master_host" in info else None,
        "link_silent_s": info.get("master_last_io_seconds_ago"),
    }
    return {name: value for name, value in facts.items() if value is not None}


def position_of(info: Info) -> int:
    """Return how far a server came in its replication stream, in bytes; a replica: in its master's."""
    return int(info.get("slave_repl_offset", info.get("master_repl_offset", 0)))


def confirmed(info: Info, position: int) -> bool:
    """Whether a replica told its master that it has all up to a position."""
    return any(one.state == "online" and one.position >= position for one in replicas(info))


def troubles(info: Info) -> Iterator[str]:
    """Yield what is not as it should be, in words."""
    if info.get("loading"):
        yield f"it loads its data, {info.get('loading_loaded_perc', 0):.0f} %"
    yield from _replication_troubles(info)
    yield from _memory_troubles(info)
    if info.get("rdb_last_bgsave_status") == "err":
        yield "its last RDB save failed"
    if info.get("aof_enabled") and info.get("aof_last_write_status") == "err":
        yield "writing the append-only file failed: it refuses writes"
    if info.get("aof_enabled") and info.get("aof_last_bgrewrite_status") == "err":
        yield "its last rewrite of the append-only file failed"


def _replication_troubles(info: Info) -> Iterator[str]:
    if role_of(info) == "replica":
        silent = int(info.get("master_last_io_seconds_ago", -1))
        if info.get("master_link_status") != "up":
            since = info.get("master_link_down_since_seconds", -1)
            yield f"its link to the master is down{f' for {rough_duration(since)}' if int(since) >= 0 else ''}"
        elif silent > _SILENT_S:
            yield f"its master has said nothing for {rough_duration(silent)}"
        if info.get("master_sync_in_progress"):
            yield "it copies all data from its master"
        return
    for one in replicas(info):
        if one.state != "online":
            yield f"its replica {one.address} is {one.state}"
        elif one.silent_s > _SILENT_S:
            yield f"its replica {one.address} has not answered for {rough_duration(one.silent_s)}"


def _memory_troubles(info: Info) -> Iterator[str]:
    most, used = int(info.get("maxmemory") or 0), int(info.get("used_memory") or 0)
    evicted = int(info.get("evicted_keys") or 0)
    if evicted:
        yield f"it evicted {count(evicted, 'key')} since its start, for want of memory"
    if most and used >= FULL * most:
        then = "writes are refused" if info.get("maxmemory_policy") == "noeviction" else "keys are evicted"
        yield f"{used / most:.0%} of maxmemory is used: beyond it {then}"

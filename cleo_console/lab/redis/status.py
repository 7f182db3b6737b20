"""What a Redis server of a lab is doing at this moment."""

from __future__ import annotations

from typing import Any

from cleo_console.lab.redis import backups
from cleo_console.lab.redis.helpers import writer_pid
from cleo_console.lab.redis.node import HEARTBEAT, Node
from cleo_console.lab.redis.server import server_pid
from cleo_console.lab.service import ServiceStatus
from journal.errors import CleoError


def read_status(node: Node, address: str) -> ServiceStatus:
    """Look at a server.

    Among the facts are `keys` (by database), `heartbeat` (the newest, UTC), `role`, `link` (a replica's), `evicted`,
    `used_memory` and `maxmemory` in bytes, and `held` (whether backups are on hold).
    """
    trouble: list[str] = []
    pids = {"server": server_pid(node)}
    if node.primary == node.name:
        pids |= {"writer": writer_pid(node), "schedule": backups.schedule_pid(node)}
    facts = {**_server_facts(node, trouble), "held": node.hold_file.exists()} if pids["server"] else {}
    if facts.get("link") == "down":
        trouble.append(f"it receives nothing from {node.primary}")
    return ServiceStatus("redis", address, pids, facts, _lines(node, pids, facts, address), trouble)


def _server_facts(node: Node, trouble: list[str]) -> dict[str, Any]:
    try:
        info = node.info()
        with node.client() as client:
            heartbeat = client.get(HEARTBEAT)
    except CleoError as error:
        trouble.append(error.message)
        return {}
    return {
        "keys": {name: found["keys"] for name, found in info.items() if name.startswith("db") and name[2:].isdigit()},
        "heartbeat": heartbeat,
        "role": info["role"],
        "link": info.get("master_link_status", ""),
        "evicted": info["evicted_keys"],
        "used_memory": info["used_memory"],
        "maxmemory": info["maxmemory"],
    }


def _lines(node: Node, pids: dict[str, int | None], facts: dict[str, Any], address: str) -> list[tuple[str, str]]:
    keys = ", ".join(f"{name} {count:,}" for name, count in sorted(facts.get("keys", {}).items()))
    lines = [("Redis", f"{_described(pids['server'])}, {address}")]
    if node.primary != node.name:
        lines.append(("follows", node.primary))
    else:
        held = ", on hold" if facts.get("held") else ""
        lines += [("writer", _described(pids["writer"])), ("backups", _described(pids["schedule"]) + held)]
    return [
        *lines,
        ("keys", keys or "not measured"),
        ("newest write", str(facts.get("heartbeat") or "not measured")),
        ("last backup", next(reversed(backups.list_backups(node)), "not measured")),
    ]


def _described(pid: int | None) -> str:
    return "does not run" if pid is None else f"runs (pid {pid})"

"""A lab's Redis backups: the first by the program that stores them all, the others by the console's own command."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import replace
from datetime import UTC, datetime

import msgspec

from actions.systems.redis.backups.order import ACL_FILE, CONFIG_FILE, StoreOrder
from actions.systems.redis.config import running
from actions.systems.redis.settings import RedisSettings
from cleo_console.lab.account import Account
from cleo_console.lab.processes import running_script
from cleo_console.lab.redis import server
from cleo_console.lab.redis.inventory import describe
from cleo_console.lab.redis.node import Node
from cleo_console.lab.station import HERE
from cleo_console.lab.workspace import inventory_path
from journal.structs import to_struct

SCHEDULE = "schedule.sh"
_PROGRAM = "actions.systems.redis.backups.store"
_STORE_S = 3600.0


def take_first(node: Node) -> str:
    """Take the first full backup, before anybody writes, and return its id. The inventory need not be there yet.

    Raises:
        CleoError: it could not be taken.
    """
    settings = to_struct({"type": "redis", **describe(node, "")}, RedisSettings)
    server.save(node)
    at = datetime.now(UTC)
    with node.client() as client:
        found = running(client, settings)
    newest = {"newest_write": found.newest_write.isoformat()} if found.newest_write else {}
    order = StoreOrder(
        where=settings.backups.where,
        system=node.name,
        kind="full",
        source=str(node.dump),
        settings={CONFIG_FILE: str(node.config_file), ACL_FILE: str(node.acl_file)},
        check_rdb=node.program("redis-check-rdb"),
        check_aof=node.program("redis-check-aof"),
        consistent_at=at,
        server=found.must_match(),
        facts={"used_memory": found.used_memory, **newest},
    )
    argv = [sys.executable, "-m", _PROGRAM, msgspec.json.encode(order).decode()]
    return str(json.loads(_ours(node).run(argv, timeout=_STORE_S).splitlines()[-1])["id"])


def take(node: Node, kind: str = "full") -> str:
    """Take a backup now, by the console's own command, and return its id.

    Args:
        node: what is backed up.
        kind: `full` or `snapshot`.

    Raises:
        CleoError: it could not be taken, or the backups are held.
    """
    argv = [sys.executable, "-m", "cleo_console", "backup", "run", "--type", kind, "--system", node.name]
    _ours(node).run(argv, environment=console(node), timeout=_STORE_S)
    return list_backups(node)[-1]


def console(node: Node) -> dict[str, str]:
    """Return what the console's command goes by: the lab's inventory, and a place of its own for what it notes."""
    return {"CLEO_INVENTORY": str(inventory_path(node.lab)), "CLEO_HOME": str(node.directory / "home")}


def list_backups(node: Node) -> list[str]:
    """Return the ids of the backups in the repository, the oldest first."""
    return [entry.id for entry in node.backups.entries()]


def start_schedule(node: Node) -> list[str]:
    """Start the scheduled backups where they do not run, and return the script's name."""
    if schedule_pid(node) is not None:
        return []
    replace(_ours(node), station=HERE).spawn(["sh", str(node.directory / "bin" / SCHEDULE)], node.log("backups"))
    return [SCHEDULE]


def schedule_pid(node: Node) -> int | None:
    """Return the pid of the scheduled backups; None where they do not run."""
    found = running_script(node.directory, node.directory / "bin" / SCHEDULE)
    return found.pid if found else None


def _ours(node: Node) -> Node:
    """Return the node as we ourselves work in it: the server's account may not be able to run this program."""
    return replace(node, account=Account("", os.geteuid(), os.getegid()))

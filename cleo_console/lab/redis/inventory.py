"""What the inventory says of a Redis server: what the console needs to reach it, and nothing the lab does not own."""

from __future__ import annotations

import sys
from typing import Any

from cleo_console.lab.new_secrets import login
from cleo_console.lab.redis.keys import WARM_KEYS
from cleo_console.lab.redis.node import APPLICATION, CONSOLE, HEARTBEAT, REPLICATION, Node


def describe(node: Node, title: str) -> dict[str, Any]:
    """The server's entry as data; secrets are only referred to."""
    return {
        "host": node.station.host,
        "title": title,
        "data_directory": str(node.data_directory),
        "config_file": str(node.config_file),
        "acl_file": str(node.acl_file),
        "bin_directory": node.programs,
        "run_as": node.account.name,
        "address": node.station.address,
        "port": node.port,
        "user": CONSOLE,
        "password": {"file": str(node.password_file(CONSOLE))},
        "service": {
            "manager": "command",
            "start": [node.program("redis-server"), str(node.config_file)],
            "log": str(node.server_log),
        },
        "app_users": [{"name": APPLICATION, "password": {"file": str(node.password_file(APPLICATION))}}],
        "logins": [login(APPLICATION, node.password_file(APPLICATION))],
        "accounts": [REPLICATION],
        "heartbeat": HEARTBEAT,
        "warm": {"system": "postgres", "keys": [dict(one) for one in WARM_KEYS]},
        "backups": {
            **node.backups.inventory_entry(),
            "python": sys.executable,
            **({} if node.bucket else {"hold_file": str(node.hold_file)}),
        },
    }

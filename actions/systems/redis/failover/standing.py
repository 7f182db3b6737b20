"""Whether a server can write, told by its host, by its address, and by those that follow it.

What cannot be reached is never taken for dead: it is fenced only where a device says so, or where a person did.
"""

from __future__ import annotations

from typing import Any

from actions.context import ActionContext
from actions.failover.kind import ASK_S, ProcessKind
from actions.systems.redis.connection import connect
from actions.systems.redis.fence_guard import GUARD, refused
from actions.systems.redis.measures import Info
from actions.systems.redis.server import Server, server_of
from actions.systems.redis.settings import RedisSettings
from actions.systems.redis.verified_connection import connect_verified

FENCE = "redis.fence"


class RedisKind(ProcessKind[Server]):
    """A Redis server, as a failover sees it."""

    prefix = "redis"
    settings = RedisSettings
    primary, standby = "master", "replica"
    idle = "a replica, which takes no writes"
    guard = GUARD

    def server(self, ctx: ActionContext, name: str) -> Server:
        """Return a server of the inventory."""
        return server_of(ctx, name)

    def takes_writes(self, server: Server) -> bool:
        """Whether who answers is no replica."""
        with connect(server.settings, deadline_s=ASK_S) as client:
            said: Any = client.info("replication")
        return bool(said.get("role") != "slave")

    def leads(self, server: Server) -> bool:
        """Whether it is a master, as it says itself."""
        with connect_verified(server, deadline_s=ASK_S) as client:
            said: Any = client.info("replication")
        return str(said.get("role")) == "master"

    def refused(self, server: Server) -> str:
        """Try whether it would start."""
        return refused(server)

    def hears(self, follower: Server, server: Server, within_s: float) -> str:
        """Return when a replica heard of it.

        Its link's state tells nothing: cut off without a word, it says ``up`` for a minute (``repl-timeout``).
        """
        with connect(follower.settings, deadline_s=ASK_S) as client:
            said: Any = client.info("replication")
        silent = int(said.get("master_last_io_seconds_ago", -1))
        return f"{silent} s ago" if _linked(server, said) and 0 <= silent <= within_s else ""


KIND = RedisKind()
standing, followers = KIND.standing, KIND.followers


def _linked(server: Server, said: Info) -> bool:
    """Whether a replica is linked to this server, by whatever name: to no other one of the inventory."""
    if said.get("role") != "slave" or said.get("master_link_status") != "up":
        return False
    known = server.ctx.inventory.systems.values()
    others = {(one.address, one.port) for one in known if isinstance(one, RedisSettings)}
    others.discard((server.settings.address, server.settings.port))
    return (str(said.get("master_host")), int(said.get("master_port", 0))) not in others

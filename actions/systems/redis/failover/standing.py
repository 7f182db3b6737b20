"""Whether a server can write, told by its host, by its address, and by those that follow it.

What cannot be reached is never taken for dead: it is fenced only where a device says so, or where a person did.
"""

from __future__ import annotations

import socket
from typing import Any

from actions.failover.standing import UNSEEN, Answer, FencedServer, Standing, by_device, from_elsewhere
from actions.systems.redis.connection import CannotConnect, connect
from actions.systems.redis.fence_guard import refused, stands
from actions.systems.redis.measures import Info
from actions.systems.redis.server import Server, server_of
from actions.systems.redis.settings import RedisSettings

FENCE = "redis.fence"
_JUST_NOW_S = 5.0
_ASK_S = 5.0


def fenced(server: Server) -> FencedServer:
    """Return the server as it is fenced."""
    return FencedServer(server.ctx, server.name, server.settings.host, server.settings.fence, FENCE)


def standing(server: Server) -> Standing:
    """Look whether a server is fenced. Changes nothing.

    Raises:
        ActionFailed: what is written down of it cannot be read.
    """
    if seen := answers(server):
        return Standing(False, seen.words, alive=seen.writes)
    record = fenced(server).record
    if record and record.means == "network":  # its host may answer by another way, and its server run on, cut off
        cut = by_device(fenced(server), record)
        if cut.fenced and not receiving(server):
            return cut
    try:
        return _on_its_host(server)
    except UNSEEN as error:
        return from_elsewhere(fenced(server), error.message, receiving(server))


def answers(server: Server) -> Answer | None:
    """Return what at the server's address may be writing; None where nothing there is seen to."""
    where = server.where
    try:
        with connect(server.settings, deadline_s=_ASK_S) as client:
            said: Any = client.info("replication")
    except CannotConnect as error:
        if error.why not in ("refused", "timeout") and _listens(server.settings):
            return Answer(f"something answers at {where}, and cannot be asked: {error.message}")
        server.ctx.log(f"Seen from here: {error.message}")
        return None
    if said.get("role") == "slave":
        server.ctx.log(f"Seen from here: who answers at {where} is a replica, which takes no writes.")
        return None
    return Answer(f"it answers at {where}, and takes writes", writes=True)


def _listens(settings: RedisSettings) -> bool:
    try:
        with socket.create_connection((settings.address, settings.port), timeout=_ASK_S):
            return True
    except OSError:
        return False


def followers(server: Server) -> list[Server]:
    """Return the inventory's replicas of a server."""
    found = server.ctx.inventory.systems.items()
    return [server_of(server.ctx, n) for n, s in found if isinstance(s, RedisSettings) and s.standby_of == server.name]


def receiving(server: Server, within_s: float = _JUST_NOW_S) -> str:
    """Return in words that a replica heard of its master in the last seconds; empty where none said so.

    Its link's state tells nothing: cut off without a word, it says ``up`` for a minute (``repl-timeout``).
    """
    for replica in followers(server):
        try:
            with connect(replica.settings, deadline_s=_ASK_S) as client:
                said: Any = client.info("replication")
        except CannotConnect as error:
            server.ctx.log(f"Not seen from {replica.name}: {error.message}")
            continue
        silent = int(said.get("master_last_io_seconds_ago", -1))
        if _hears(server, said) and 0 <= silent <= within_s:
            return f"its replica {replica.name} heard of it {silent} s ago"
        server.ctx.log(f"Seen from {replica.name}: nothing comes from it.")
    return ""


def _hears(server: Server, said: Info) -> bool:
    """Whether a replica is linked to this server, by whatever name: to no other one of the inventory."""
    if said.get("role") != "slave" or said.get("master_link_status") != "up":
        return False
    known = server.ctx.inventory.systems.values()
    others = {(one.address, one.port) for one in known if isinstance(one, RedisSettings)}
    others.discard((server.settings.address, server.settings.port))
    return (str(said.get("master_host")), int(said.get("master_port", 0))) not in others


def _on_its_host(server: Server) -> Standing:
    if found := server.process():
        return Standing(False, f"it runs on {server.host} (pid {found.pid})", alive=True)
    if stands(server) and (said := refused(server)):
        return Standing(True, f"it is down on {server.host}, and refuses to start: {said}")
    return Standing(False, f"it is down on {server.host}, and whoever starts it, or a reboot, has it write again")

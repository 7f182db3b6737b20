"""Whether an old primary can write, told by its host, by its address, and by its set.

Where a majority has elected another one, the set has fenced it: no majority acknowledges what it takes. What cannot be
reached, and is of a set without a majority, is never taken for dead.
"""

from __future__ import annotations

import socket

from actions.failover.standing import UNSEEN, Answer, FencedServer, Standing, by_device, from_elsewhere
from actions.systems.mongodb.connection import CannotConnect, Login, connect
from actions.systems.mongodb.failover.members import Set, look_at_set
from actions.systems.mongodb.fence_guard import refused, stands
from actions.systems.mongodb.server import Server
from actions.systems.mongodb.settings import MongodbSettings
from actions.systems.mongodb.state import PRIMARY, ask

FENCE = "mongodb.fence"
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
    found = look_at_set(server, deadline_s=_ASK_S)
    record = fenced(server).record
    if record and record.means == "network":  # its host may answer by another way, and its server run on, cut off
        cut = by_device(fenced(server), record)
        if cut.fenced and not heard(server, found):
            return cut
    if elected := by_its_set(server, found):
        return Standing(True, elected)
    try:
        return _on_its_host(server)
    except UNSEEN as error:
        return from_elsewhere(fenced(server), error.message, heard(server, found))


def by_its_set(server: Server, found: Set | None) -> str:
    """Return in words that a majority of its set has another primary; empty where none says so."""
    leader = found.leader() if found else None
    if not found or not leader or leader.name == name_in_set(server):
        return ""
    return (
        f"{len(found.alive)} of {len(found.voters)} voters of its set have elected {leader.system or leader.name} "
        f"(term {found.term}): no majority acknowledges what another one takes"
    )


def name_in_set(server: Server) -> str:
    """Return what its set calls a server, as far as the inventory tells."""
    return server.where


def answers(server: Server) -> Answer | None:
    """Return what at the server's address may be writing; None where nothing there is seen to. Nobody logs in."""
    where = server.where
    try:
        with connect(server.settings, deadline_s=_ASK_S, login=Login()) as client:
            said = ask(client, "hello")
    except CannotConnect as error:
        if error.why not in ("refused", "timeout") and _listens(server.settings):
            return Answer(f"something answers at {where}, and cannot be asked: {error.message}")
        server.ctx.log(f"Seen from here: {error.message}")
        return None
    if said.get("isWritablePrimary") or said.get("ismaster"):
        return Answer(f"it answers at {where}, and takes writes", writes=True)
    server.ctx.log(f"Seen from here: who answers at {where} is no primary, and takes no writes.")
    return None


def _listens(settings: MongodbSettings) -> bool:
    try:
        with socket.create_connection((settings.address, settings.port), timeout=_ASK_S):
            return True
    except OSError:
        return False


def heard(server: Server, found: Set | None) -> str:
    """Return in words that another member hears of it as a primary; empty where none does."""
    own = next((seat for seat in found.seats if seat.name == name_in_set(server)), None) if found else None
    if own and own.healthy and own.state == PRIMARY:
        return "a member of its set hears of it as primary"
    return ""


def _on_its_host(server: Server) -> Standing:
    if found := server.process():
        return Standing(False, f"it runs on {server.host} (pid {found.pid})", alive=True)
    if stands(server) and (said := refused(server)):
        return Standing(True, f"it is down on {server.host}, and refuses to start: {said}")
    return Standing(False, f"it is down on {server.host}, and whoever starts it, or a reboot, has it lead again")

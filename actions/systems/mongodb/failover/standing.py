"""Whether an old primary can write, told by its host, by its address, and by its set.

Where a majority has elected another one, the set has fenced it: no majority acknowledges what it takes. What cannot be
reached, and is of a set without a majority, is never taken for dead.
"""

from __future__ import annotations

from actions.context import ActionContext
from actions.failover.kind import ASK_S, Elsewhere, ProcessKind
from actions.systems.mongodb.connection import Login, connect
from actions.systems.mongodb.failover.members import Set, look_at_set
from actions.systems.mongodb.fence_guard import GUARD, refused
from actions.systems.mongodb.server import Server, server_of
from actions.systems.mongodb.settings import MongodbSettings
from actions.systems.mongodb.state import PRIMARY, ask
from actions.systems.mongodb.verified_connection import connect_verified

FENCE = "mongodb.fence"


class MongodbKind(ProcessKind[Server]):
    """A member of a replica set, as a failover sees it."""

    prefix = "mongodb"
    settings = MongodbSettings
    standby = "member"
    idle = "no primary, and takes no writes"
    again = "has it lead again"
    guard = GUARD

    def server(self, ctx: ActionContext, name: str) -> Server:
        """Return a server of the inventory."""
        return server_of(ctx, name)

    def takes_writes(self, server: Server) -> bool:
        """Whether who answers says that it is a primary. Nobody logs in."""
        with connect(server.settings, deadline_s=ASK_S, login=Login()) as client:
            said = ask(client, "hello")
        return bool(said.get("isWritablePrimary") or said.get("ismaster"))

    def leads(self, server: Server) -> bool:
        """Whether it leads its set, as it says itself."""
        with connect_verified(server, deadline_s=ASK_S) as client:
            return int(ask(client, "replSetGetStatus").get("myState", 0)) == 1

    def refused(self, server: Server) -> str:
        """Try whether it would start."""
        return refused(server)

    def elsewhere(self, server: Server) -> Elsewhere:
        """Return what its set tells: whom a majority elected, and whether a member hears of it as primary."""
        found = look_at_set(server, deadline_s=ASK_S)
        return Elsewhere(by_its_set(server, found), lambda: _heard(server, found))


KIND = MongodbKind()
standing = KIND.standing


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


def _heard(server: Server, found: Set | None) -> str:
    own = next((seat for seat in found.seats if seat.name == name_in_set(server)), None) if found else None
    if own and own.healthy and own.state == PRIMARY:
        return "a member of its set hears of it as primary"
    return ""

"""Whether each replica really follows the leader: told by both servers, since Patroni's word is not enough.

After a restore the leader is on a new timeline. A replica that had received more of the old one than the new one begins
with cannot follow, is not rewound, and is still listed as ``running`` with lag 0 (seen on 3.0.2): it serves the
unrestored rows.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import msgspec

from actions.failover.fence_record import FenceRecord, forget
from actions.outcome import Cancelled, Cure, Finding
from actions.systems.postgres.connection import CannotConnect
from actions.systems.postgres.fence_guard import UNFENCE, stands
from actions.systems.postgres.patroni.cluster import Member, Patroni, View, servers_of
from actions.systems.postgres.patroni.daemon import Daemon, daemons_of
from actions.systems.postgres.patroni.gate import REBUILD
from actions.systems.postgres.server import Server
from actions.systems.postgres.verified_connection import connect_verified
from actions.systems.postgres.wal import Path, format_lsn, parse_history
from journal.errors import CleoError

if TYPE_CHECKING:
    import psycopg

_PAUSE_S = 0.5
_LEADER = """
    SELECT CASE WHEN NOT pg_is_in_recovery() THEN pg_walfile_name(pg_current_wal_lsn()) END,
           CASE WHEN NOT pg_is_in_recovery() THEN pg_current_wal_lsn() - '0/0' END,
           (SELECT system_identifier::text FROM pg_control_system())
"""
_FOLLOWERS = "SELECT application_name, state, replay_lsn - '0/0' FROM pg_stat_replication"
_HISTORY = "SELECT pg_read_file('pg_wal/' || %s)"
_REPLICA = """
    SELECT pg_is_in_recovery(), coalesce(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn()) - '0/0',
           pg_last_wal_replay_lsn() - '0/0', (SELECT status FROM pg_stat_wal_receiver),
           (SELECT greatest(timeline_id, (SELECT max(received_tli) FROM pg_stat_wal_receiver))
            FROM pg_control_checkpoint())
"""


class Leader(msgspec.Struct, frozen=True, kw_only=True):
    """The leader's PostgreSQL, asked itself.

    Attributes:
        timeline, lsn: where it writes; 0: it is in recovery, and writes nothing.
        sysid: its database's identifier.
        way: the timelines that lead to its own; without its history file, its own alone.
        followers: who receives from it: state and replayed position by the name that Patroni gives a member.
    """

    timeline: int
    lsn: int
    sysid: str
    way: Path
    followers: dict[str, tuple[str, int]] = {}


class Replica(msgspec.Struct, frozen=True, kw_only=True):
    """One replica, as it and the leader tell.

    Attributes:
        member: what Patroni says of it.
        server: its name in the inventory; empty: the inventory does not have it.
        streams: whether the leader sends to it now.
        follows: whether it follows the leader's history: False where it is proven that it cannot or does not.
        words: what was seen.
        replayed: up to where it has applied the log, in bytes; None: not seen.
    """

    member: Member
    server: str = ""
    streams: bool = False
    follows: bool | None = None
    words: str = ""
    replayed: int | None = None

    def finding(self, leader: str) -> Finding | None:
        """Return what is wrong with it, and what helps; None where it follows."""
        if self.follows and self.streams:
            return None
        listed = f"Patroni lists it as {self.member.state}" if self.member.state else "Patroni does not list it"
        sure = "does NOT follow" if self.follows is False else "is not seen to follow"
        look = "See its log, and Patroni's on its host; where it cannot follow once it is up, it is rebuilt."
        cure = f"Keep readers away from it, and rebuild it: {REBUILD}." if self.follows is False else look
        text = f"{sure} {leader}: {self.words} ({listed})"
        return Finding(severity="warning", about=self.server or self.member.name, text=text, cure=cure)


def rebuilds(replicas: list[Replica]) -> list[Cure]:
    """Return the cure for each replica that cannot follow, as far as the inventory has it."""
    cost = "what it alone holds: its data directory is removed, and copied from the leader"
    return [
        Cure(words=f"Rebuild {one.server}.", action=REBUILD, params={"member": one.member.name}, cost=cost)
        for one in replicas
        if one.follows is False and one.server
    ]


def inventory_names(server: Server) -> dict[str, Server]:
    """Return the inventory's servers by the name that Patroni has for each; one whose host is silent is left out."""
    found = {}
    for one, daemon in _daemons(server):
        if daemon.name:
            found[daemon.name] = one
    return found


def _daemons(server: Server) -> Iterator[tuple[Server, Daemon]]:
    servers = servers_of(server)
    for host in {one.settings.host for one in servers}:
        there = [one for one in servers if one.settings.host == host]
        try:
            found = daemons_of(there)
        except CleoError as error:
            server.ctx.log(f"{host}: {error.message}", "err")
            continue
        yield from ((one, found[one.name]) for one in there if one.name in found)


def ask_leader(server: Server) -> Leader:
    """Ask the server that leads.

    Raises:
        CannotConnect: there is no talking to it, or another one answers.
    """
    with connect_verified(server, deadline_s=15) as session:
        file, lsn, sysid = session.execute(_LEADER).fetchone() or (None, 0, "")
        timeline = int(str(file)[:8], 16) if file else 0
        rows = session.execute(_FOLLOWERS).fetchall()
        way = Path(timeline, parse_history(_history(session, timeline)))
    followers = {str(name): (str(state), int(at or 0)) for name, state, at in rows}
    return Leader(timeline=timeline, lsn=int(lsn or 0), sysid=str(sysid), way=way, followers=followers)


def _history(session: psycopg.Connection[Any], timeline: int) -> str:
    if timeline < 2:
        return ""
    row = session.execute(_HISTORY, [f"{timeline:08X}.history"]).fetchone()
    return str(row[0]) if row else ""


def compare(view: View, leader: Leader, named: dict[str, Server]) -> list[Replica]:
    """Return every member but the leader, compared with the leader's history."""
    others = [one for one in view.all() if not one.leads]
    return [_compared(one, leader, named.get(one.name)) for one in others]


def settled(patroni: Patroni, leading: Server, named: dict[str, Server], within_s: float) -> list[Replica]:
    """Compare until every replica follows, or is proven not to, or the time is over.

    Raises:
        CannotConnect: the leader does not answer.
        Cancelled: somebody asked for that.
    """
    end = time.monotonic() + within_s
    while True:
        found = compare(patroni.look(), ask_leader(leading), named)
        if all(one.follows is False or (one.follows and one.streams) for one in found) or time.monotonic() > end:
            return found
        if patroni.server.ctx.cancelled:
            raise Cancelled("Whether the replicas follow was not seen to its end.")
        time.sleep(_PAUSE_S)


def _compared(member: Member, leader: Leader, server: Server | None) -> Replica:
    state, _ = leader.followers.get(member.name, ("", 0))
    streams, name = state == "streaming", server.name if server else ""
    if server is None:
        return _by_its_word(member, leader, streams=streams)
    try:
        with connect_verified(server, deadline_s=10) as session:
            row = session.execute(_REPLICA).fetchone() or (True, 0, 0, "", 0)
    except CannotConnect as error:
        words = f"its PostgreSQL cannot be asked: {error.message}"
        fenced = error.why == "refused" and _is_fenced(server)
        words = "it is fenced, and refuses every start" if fenced else words
        return Replica(member=member, server=name, streams=streams, follows=False if fenced else None, words=words)
    recovering, received, replayed, receiver, timeline = row
    whole = Replica(member=member, server=name, streams=streams, replayed=int(replayed or 0))
    if not recovering:
        words = f"it is no replica: it takes writes on timeline {timeline}"
        return msgspec.structs.replace(whole, follows=False, words=words)
    where = f"timeline {timeline} at {format_lsn(int(received or 0))}"
    if not leader.way.contains(int(timeline), int(received or 0)):
        words = f"it is on {where}, which is not in the history of the leader's timeline {leader.timeline}"
        return msgspec.structs.replace(whole, follows=False, words=words)
    if streams and receiver == "streaming":
        return msgspec.structs.replace(whole, follows=True, words=f"streams, {where}")
    words = f"it is on {where}, the leader on timeline {leader.timeline}, and nothing is sent to it"
    return msgspec.structs.replace(whole, words=words)


def _is_fenced(server: Server) -> bool:
    try:
        return stands(server)
    except CleoError:
        return False


def lifted(server: Server) -> dict[str, str]:
    """Return the facts that end a server's fence, and forget it: its guard went with the data that Patroni replaced.

    Call it only for one that was seen to follow: Patroni copies it, or rewinds it, which brings the leader's files.
    """
    if server.ctx.dry_run or FenceRecord.of(server.ctx.files, server.name) is None or _is_fenced(server):
        return {}
    forget(server.ctx.files, server.name)
    server.ctx.log(f"{server.name} was fenced: Patroni replaced its data, and the guard went with that. It follows.")
    return {"lifts": UNFENCE, "lifts_at": server.name}


def _by_its_word(member: Member, leader: Leader, *, streams: bool) -> Replica:
    """Compare one that the inventory does not have: by the leader's word, and by what its Patroni says of it."""
    if streams:
        words = "streams, as the leader says; the inventory does not have it, and nobody asked it"
        return Replica(member=member, streams=True, follows=True, words=words)
    known = {leader.timeline, *(fork.timeline for fork in leader.way.forks)}
    words = (
        f"the leader sends nothing to it, and it says that it is on timeline {member.timeline} (leader "
        f"{leader.timeline}); the inventory does not have it, and nobody asked it"
    )
    return Replica(member=member, follows=False if member.timeline not in known else None, words=words)

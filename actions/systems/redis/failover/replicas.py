"""The replica that takes a master's place: which it is, how far it came, and whether what it has is whole."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from actions.failover import choice
from actions.gate import decide
from actions.outcome import ActionFailed, Cure, GateClosed
from actions.systems.redis.config_file import size_of
from actions.systems.redis.failover.standing import KIND
from actions.systems.redis.heartbeat import newest_write
from actions.systems.redis.measures import Info, expiring, keyspace
from actions.systems.redis.server import Server
from actions.systems.redis.verified_connection import connect_verified
from journal.wording.durations import rough_duration

DATA = "replica-data"
_NOTHING = "Nothing was changed."
_NO_POSITION = 1
"""What a replica says that never heard of its master since its own start (seen on 7.0.15)."""


class Reached(NamedTuple):
    """How far a replica came, and what it goes by.

    Attributes:
        replica: whether it is one; else it is a master.
        follows: its master, ``HOST:PORT``.
        linked: whether its link says that it is up.
        silent_s: seconds since it heard of its master; negative: not since its link broke.
        down_s: seconds since its link broke; negative: not known.
        copying: whether it takes a whole copy of its master's data now.
        position: how far it came in its master's replication stream; 0: it heard nothing since its own start.
        history: that stream's name (its replication id).
        keys, expiring: how many keys it has, and how many of them have a time to live.
        newest: its newest heartbeat.
        info, config: what else it says of itself, and its settings.
    """

    replica: bool
    follows: str
    linked: bool
    silent_s: int
    down_s: int
    copying: bool
    position: int
    history: str
    keys: int
    expiring: int
    newest: datetime | None
    info: Info
    config: dict[str, str]

    @property
    def priority(self) -> str:
        """By which a Sentinel prefers it; 0: never (``slave-priority`` before Redis 5)."""
        return self.config.get("replica-priority", self.config.get("slave-priority", ""))

    @property
    def maxmemory(self) -> int:
        """Its limit of memory, in bytes; 0: none."""
        return size_of(self.config.get("maxmemory", "0"))


def reached(server: Server, deadline_s: float = 10) -> Reached:
    """Return how far a replica came.

    Raises:
        CannotConnect: it cannot be asked.
    """
    with connect_verified(server, deadline_s=deadline_s) as session:
        client: Any = session
        info = client.info("everything")
        newest = None if info.get("loading") else newest_write(client, server.settings)[0]
        config = dict(client.config_get("*"))
    position = int(info.get("slave_repl_offset", info.get("master_repl_offset", 0)))
    return Reached(
        replica=info.get("role") == "slave",
        follows=f"{info.get('master_host')}:{info.get('master_port')}",
        linked=info.get("master_link_status") == "up",
        silent_s=int(info.get("master_last_io_seconds_ago", -1)),
        down_s=int(info.get("master_link_down_since_seconds", -1)),
        copying=bool(info.get("master_sync_in_progress")) or bool(info.get("loading")),
        position=0 if position <= _NO_POSITION else position,
        history=str(info.get("master_replid", "")),
        keys=sum(keyspace(info).values()),
        expiring=expiring(info),
        newest=newest,
        info=info,
        config=config,
    )


def choose(master: Server, name: str) -> Server:
    """Return the replica that is named, else the only one; one of ``replica-priority 0`` is only for who names it.

    Raises:
        ActionFailed: there is none, or none of that name, or nobody said which of several.
    """
    return choice.choose(KIND, master, name, _says)


def never(seen: Reached) -> str:
    """Return that a replica is not to lead, as what it says; empty: it may."""
    return f"says that it is never to be a {KIND.primary} (replica-priority 0)" if seen.priority == "0" else ""


def _says(replica: Server) -> choice.Says:
    seen = reached(replica, 5)
    at = f", newest heartbeat {seen.newest:%H:%M:%S} UTC" if seen.newest else ""
    words = f"it came to {seen.position:,}, and has {seen.keys:,} keys{at}"
    return choice.Says((int(not seen.copying), seen.position), words, never(seen))


def require_whole(master: Server, replica: Server, seen: Reached) -> None:
    """Stop at a replica whose data nobody can place: in the middle of a copy, empty, or from its own disk.

    Raises:
        ActionFailed: it is in the middle of a copy, or a member of a cluster.
        GateClosed: it is empty, or what it has is of nobody knows when, and nobody decided to take that.
    """
    if seen.info.get("cluster_enabled"):
        raise ActionFailed(
            f"{replica.name} is a member of a Redis Cluster: its other members must agree.",
            "On it, by hand: CLUSTER FAILOVER TAKEOVER where its master is gone; then mark this step done.",
            left_behind=_NOTHING,
        )
    if seen.copying:
        raise ActionFailed(
            f"{replica.name} is in the middle of taking a whole copy of its master's data: what it has is old, or no "
            "part of anything.",
            "Wait until that has ended (a copy from a master that is gone ends after repl-timeout, 60 s), then look "
            "again; or promote another replica, or restore.",
            left_behind=_NOTHING,
        )
    why = ""
    if not seen.keys:
        why = "it has no key at all"
    elif not seen.position:
        why = (
            "it was started without its master, and has what its own disk had: nobody can tell how old that is"
            f"{f'; its newest heartbeat is of {seen.newest:%Y-%m-%d %H:%M:%S} UTC' if seen.newest else ''}"
        )
    if not why:
        return
    message = f"{replica.name} is no whole copy of {master.name} as far as anybody can tell: {why}."
    cures = [
        Cure(words="Restore a backup instead: what each holds is told.", decision="strategy"),
        Cure(words="Or promote it as it is.", override=DATA, cost="what it lacks"),
    ]
    decide(
        replica.ctx, GateClosed(DATA, message, yields="reason and target", cures=cures), f"Promoted although {message}"
    )


def link_words(seen: Reached) -> str:
    """Return in words how a replica stands with its master; an ``up`` in which nothing was heard is said as such."""
    if not seen.linked:
        since = f" for {rough_duration(seen.down_s)}" if seen.down_s >= 0 else ""
        return f"its link to {seen.follows} is down{since}"
    if seen.silent_s > _SILENT_S:
        return f"its link to {seen.follows} says up, and nothing was heard for {rough_duration(seen.silent_s)}"
    return f"its link to {seen.follows} is up, heard of {seen.silent_s} s ago"


_SILENT_S = 11
"""A master says something every ten seconds (repl-ping-replica-period), or the line is cut."""

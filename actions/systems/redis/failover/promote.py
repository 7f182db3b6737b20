"""``redis.promote``: a replica takes the old master's place, once that is fenced."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from actions.action import action
from actions.context import ActionContext
from actions.failover.promoting import Promoting, Proven, TookOver
from actions.failover.promotion_record import PromotionRecord
from actions.gate import Closed
from actions.outcome import ActionFailed, Finding, Outcome
from actions.systems.redis.connection import CannotConnect
from actions.systems.redis.failover import by_hand
from actions.systems.redis.failover.fence import FENCING
from actions.systems.redis.failover.follows import follow_nobody, follows_at_start
from actions.systems.redis.failover.replicas import Reached, choose, never, reached, require_whole
from actions.systems.redis.failover.told import lag, surprises
from actions.systems.redis.heartbeat import newest_write
from actions.systems.redis.identity import identity_of
from actions.systems.redis.login_block import bar_now, open_ways, require_not_ourselves
from actions.systems.redis.managers import SWITCH_OVER, managed_by
from actions.systems.redis.sentinel import held_otherwise
from actions.systems.redis.server import Server
from actions.systems.redis.verified_connection import connect_verified
from journal.events.measured import Measured
from journal.events.types import Identity

_PROMOTED_S, _WRITE_S, _PAUSE_S = 30.0, 8.0, 0.1
_PROOF_MS = 60_000
_REFUSALS = (
    ("MISCONF", "Its disk takes nothing: free it, BGSAVE, and run this again."),
    (
        "NOREPLICAS",
        "On it: CONFIG SET min-replicas-to-write 0, until it has a replica; then run this again.",
    ),
    ("OOM", "Its maxmemory is used up: CONFIG SET maxmemory; then run this again."),
    ("READONLY", "Somebody made it a replica again: find who (Sentinel, an operator), then run this again."),
)
"""What a master says that takes no write, and what helps."""


class Replica(NamedTuple):
    """A replica, with how far it came."""

    server: Server
    seen: Reached

    @property
    def already(self) -> bool:
        """Whether it is a master."""
        return not self.seen.replica


class RedisPromoting(Promoting[Server, Replica]):
    """How a replica of Redis is promoted."""

    fencing = FENCING
    two = "Two masters take two sets of writes."
    no_users = "app_users"

    def choose(self, primary: Server, name: str) -> Server:
        """Return the replica that is named, else the only one that may lead."""
        return choose(primary, name)

    def look(self, primary: Server, name: str) -> Replica:
        """Return it with how far it came."""
        server = choose(primary, name)
        return Replica(server, reached(server, 30))

    def managed(self, server: Server) -> Closed | None:
        """Return the Sentinel or operator of a replica."""
        return managed_by(server, SWITCH_OVER)

    def identity_of(self, server: Server) -> Sequence[Identity]:
        """Return what tells a server from every other."""
        return identity_of(server)

    def told(self, primary: Server, chosen: Replica) -> list[Finding]:
        """Return what it lacks, and what will be otherwise; stop at one whose data nobody can place."""
        if self.keeps_out(chosen.server):
            require_not_ourselves(chosen.server)
        require_whole(primary, *chosen)
        return [*lag(primary, *chosen), *surprises(primary, *chosen)]

    def left_out(self, chosen: Replica) -> tuple[str, str]:
        """Return that it is never to lead."""
        return never(chosen.seen), "what it was kept for: a copy, say, or reads"

    def effect(self, chosen: Replica) -> str:
        """Return who is kept out, and where it is promoted."""
        server, seen = chosen
        users = ", ".join(user.name for user in server.settings.app_users)
        kept = f"keep {users} out of {server.name}, " if users else ""
        at = f"at {seen.position:,} with {seen.keys:,} keys"
        return f"{kept}have {server.name} follow nobody, at its next start either: promote it {at}"

    def record(self, chosen: Replica) -> PromotionRecord:
        """Return how far it came of which history."""
        server, seen = chosen
        return PromotionRecord(standby=server.name, received=seen.position, history=seen.history)

    def take_over(self, primary: Server, chosen: Replica) -> TookOver[Server]:
        """Have it follow nobody: its file first, so that a restart in between does not take the old master's data."""
        server = chosen.server
        follow_nobody(server)
        if server.settings.app_users:
            bar_now(server)
        with connect_verified(server, deadline_s=30) as session:
            client: Any = session
            client.execute_command("REPLICAOF", "NO", "ONE")
        server.ctx.log(f"{server.name} was told to follow nobody.")
        return TookOver(server)

    def prove(self, server: Server, record: PromotionRecord) -> Proven:
        """Wait for a history of its own, keep the application out, and have it take a key."""
        seen = _wait(server)
        if seen.history == record.history:
            raise ActionFailed(
                f"{server.name} is a master, and goes on with the history that it followed ({seen.history}).",
                "See its log (redis.log): it did not begin one of its own.",
            )
        follow_nobody(server)
        users = self.keeps_out(server)
        if users and open_ways(server):
            bar_now(server)
        newest = _require_write(server)
        if users and (ways := open_ways(server)):
            raise ActionFailed(
                f"{server.name} is a master, and the application is not kept out of it: {'; '.join(map(str, ways))}.",
                "Look who gives it a way in; then run this again.",
            )
        at = f", newest heartbeat {newest:%Y-%m-%d %H:%M:%S} UTC" if newest else ""
        words = f"is the master, {seen.keys:,} keys{at}; a key was written and read back"
        back = Measured(recovered_to=newest, newest_commit_at=newest)
        return Proven(words, back, [*_continued(record, seen), *_held(server)], {"keys": seen.keys})

    def keeps_out(self, server: Server) -> bool:
        """Whether there are users to keep out."""
        return bool(server.settings.app_users)

    def not_for_good(self, server: Server) -> str:
        """Return whom its next start would follow, or a Sentinel have it follow."""
        if later := follows_at_start(server):
            return f"its next start would follow {later}"
        return next((finding.text for finding in _held(server)), "")


PROMOTING = RedisPromoting()


@action(
    "redis.promote",
    destructive=True,
    probe="redis.is_promoted",
    resumable=True,
    gates=("strategy",),
    live={"fenced": PROMOTING.old_fenced, "managed": PROMOTING.unmanaged},
    touches=("data directory",),
    undone_by="redis.allow_writers",
    target=PROMOTING.identity,
    params={"standby": "the inventory's name of the replica, where it has several"},
    by_hand=by_hand.promote,
)
def promote(ctx: ActionContext, *, standby: str = "") -> Outcome:
    """Promote the replica of Redis.

    Says before what it lacks at most, by its position and its newest heartbeat, and what will be otherwise: memory,
    saving, users. Keeps the application out of it, has it follow nobody, now and at its next start, and proves that: a
    master with a history of its own, and a key that was written and read back within seconds. From then on it plays
    the old master's part in this incident.

    Needs: the old master fenced, and proven to be so now; a replica that answers, and is no part of a copy; recovery to
    the latest: a replica has nothing else, and whatever damage was replicated.

    Leaves: a master, the application kept out of it until redis.allow_writers; `replicaof` a comment in its
    configuration. The inventory's file still names the old one: change it before the incident is closed.

    Killed half way: the replica follows still, or is a master; run again, it is seen through.
    """
    return PROMOTING.promote(ctx, standby)


@action("redis.is_promoted", target=PROMOTING.identity, params={"standby": "the inventory's name of the replica"})
def is_promoted(ctx: ActionContext, *, standby: str = "") -> Outcome:
    """Tell whether the replica became a master, and would still be one after a restart.

    Needs: the replica's address and configuration.
    """
    return PROMOTING.is_promoted(ctx, standby)


def _wait(server: Server) -> Reached:
    end = time.monotonic() + _PROMOTED_S
    while (seen := reached(server)).replica:
        server.ctx.check_cancelled()
        if time.monotonic() > end:
            raise ActionFailed(
                f"{server.name} was told to follow nobody, and {_PROMOTED_S:.0f} s later follows {seen.follows}.",
                "Find who told it to (Sentinel, an operator): CLIENT LIST, its log (redis.log).",
                left_behind=f"{server.name} is a replica; the application is kept out of it.",
            )
        time.sleep(_PAUSE_S)
    return seen


def _continued(record: PromotionRecord, seen: Reached) -> list[Finding]:
    """A history that goes on from the old one lets other replicas, and the old master, be told apart from it."""
    second, offset = str(seen.info.get("master_replid2", "")), int(seen.info.get("second_repl_offset", -1))
    if not record.received or (second == record.history and offset == record.received + 1):
        return []
    text = f"its history goes on from {second} at {offset:,}, not from {record.history} at {record.received + 1:,}"
    return [Finding(severity="note", about="replication", text=text, cure="More came before it was promoted.")]


def _held(server: Server) -> list[Finding]:
    """A Sentinel that takes another one for the master reverts a promotion within seconds, and tells clients so."""
    watch = held_otherwise(server)
    if watch is None:
        return []
    text = f"the Sentinel at {watch.where} takes {watch.master[0]}:{watch.master[1]} for the master: it has it follow"
    own = server.settings
    cure = (
        f"At every Sentinel: SENTINEL REMOVE {watch.name}, then SENTINEL MONITOR {watch.name} {own.address} "
        f"{own.port} QUORUM (auth as before). Or let it do it itself: {SWITCH_OVER}."
    )
    return [Finding(severity="warning", about=server.name, text=f"{text} that one again", cure=cure)]


def _require_write(server: Server) -> datetime | None:
    """Write a key and read it back within seconds; return the newest heartbeat.

    Raises:
        ActionFailed: it takes no write.
    """
    key, value = f"cleo:promoted:{server.ctx.incident.id}", server.ctx.incident.id
    left = f"{server.name} is a master that takes no write; the application is kept out of it."
    try:
        with connect_verified(server, deadline_s=_WRITE_S) as session:
            client: Any = session
            client.set(key, value, px=_PROOF_MS)
            back = client.get(key)
            client.delete(key)
            newest = newest_write(client, server.settings)[0]
    except CannotConnect as error:
        hint = next((hint for word, hint in _REFUSALS if word in error.message), "See its log (redis.log).")
        raise ActionFailed(
            f"{server.name} is promoted, and takes no write: {error.message}", hint, left_behind=left
        ) from error
    if back != value:
        raise ActionFailed(
            f"{server.name} is promoted, and what was written to it is not there a moment later.",
            "Is its memory full (evicted_keys)? Then CONFIG SET maxmemory, and run this again.",
            left_behind=left,
        )
    return newest

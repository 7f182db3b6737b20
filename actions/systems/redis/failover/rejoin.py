"""``redis.rejoin`` and ``redis.is_rejoined``: a fenced old master comes back as a replica of the new one."""

from __future__ import annotations

from actions.action import action
from actions.context import ActionContext
from actions.failover.fence_record import FenceRecord
from actions.failover.promotion_record import PromotionRecord
from actions.failover.rejoining import WHICH, Back, Coming, Rejoining
from actions.machine.aside import KeptCopy
from actions.outcome import ActionFailed, Finding, Outcome
from actions.systems.redis.config_file import wanted_of
from actions.systems.redis.configuration import read_configuration
from actions.systems.redis.failover import by_hand
from actions.systems.redis.failover.fence import FENCING
from actions.systems.redis.failover.following import (
    barred_still,
    follows,
    prove_that_it_follows,
    wait_until_it_follows,
)
from actions.systems.redis.failover.follows import follow, follows_at_start
from actions.systems.redis.failover.replicas import Reached, reached
from actions.systems.redis.fence_guard import stands, take_out
from actions.systems.redis.launch import launch
from actions.systems.redis.placing import keep_old, plan_copy
from actions.systems.redis.server import Server

_NOTHING = "Nothing was changed."
_LEFT = "{} is a replica without data; its old files are kept aside."


class RedisRejoining(Rejoining[Server]):
    """How a Redis server comes back."""

    fencing = FENCING

    def only_follows(self, server: Server) -> bool:
        """Whether its next start follows, and it runs as no master."""
        return bool(follows_at_start(server)) and (not server.process() or reached(server, 5).replica)

    def prepare(self, server: Server, *, whole: bool) -> Coming:
        """Look at its master, and whether its own files can be moved aside, unless that was done before."""
        master = self.named(server)
        leads = _require_master(server, master)
        if follows_at_start(server) == f"{master.settings.address} {master.settings.port}":
            words = f"see {server.name} through as a replica of {master.name}"
            return _coming(server, master, words, None, begun=True)
        copy = plan_copy(server, wanted_of(read_configuration(server)), restored=False)
        kept = f"move {', '.join(copy.held)} to {copy.path}, " if copy else ""
        said = f"{kept}lift its fence, and have it follow {master.name} ({leads.keys:,} keys) from its next start on"
        return _coming(server, master, said, copy, begun=False)

    def follows(self, server: Server) -> tuple[bool, str]:
        """Return whether it is a replica that hears of its master."""
        master, seen = self.named(server), reached(server, 5)
        ok = follows(seen, master)
        return ok, f"{'follows' if ok else 'does NOT follow'} {master.name}: {seen.keys:,} keys"


REJOINING = RedisRejoining()


@action(
    "redis.rejoin",
    destructive=True,
    probe="redis.is_rejoined",
    resumable=True,
    live={"fenced": REJOINING.no_writer, "managed": REJOINING.unmanaged},
    touches=("data directory",),
    target=REJOINING.identity,
    params={"standby": WHICH},
    by_hand=by_hand.rejoin,
)
def rejoin(ctx: ActionContext, *, standby: str = "") -> Outcome:
    """Bring a fenced old master back as a replica of the new one.

    Its own files are moved aside first: what it took alone is in them, and nowhere else. The fence goes only once its
    configuration has `replicaof`, so that no start in between makes it a master. Then it copies everything, and that is
    proven: a key written at the master arrives, and a write to it is refused. Aimed at the new master it is the old one
    that comes back.

    Needs: it fenced, its host answering; the new master up, with keys; room for a second copy beside the old files.

    Leaves: a replica that follows; its fence lifted; the old files in `….aside-<time>`, until a person removes them.

    Killed half way: it is fenced still, or can only come up as a replica; run again, it goes on.
    """
    return REJOINING.rejoin(ctx, standby)


@action("redis.is_rejoined", target=REJOINING.identity, params={"standby": WHICH})
def is_rejoined(ctx: ActionContext, *, standby: str = "") -> Outcome:
    """Tell whether the server is a replica that hears of its master.

    Needs: its address.
    """
    return REJOINING.is_rejoined(ctx, standby)


def _coming(server: Server, master: Server, words: str, copy: KeptCopy | None, *, begun: bool) -> Coming:
    aside = copy.path if copy else ""

    def go() -> None:
        if copy:
            keep_old(server, copy)
        if not begun:
            follow(server, master)
        if stands(server):  # also where a run before was killed behind the line that has it follow
            take_out(server)
        if not server.process():
            launch(server, "rejoin")

    def prove() -> Back:
        wait_until_it_follows(server, master, _LEFT.format(server.name), "redis.rejoin")
        prove_that_it_follows(server, master)
        kept = f". Its old files are kept in {aside}" if aside else ""
        said = f"follows {master.name}: a key written there arrived, and a write here is refused{kept}"
        return Back(said, barred_still(server), {"aside": aside} if aside else {})

    return Coming(words, go, prove, _alone(server, aside), begun)


def _require_master(server: Server, master: Server) -> Reached:
    """Look at the new master first: one that is empty, or a replica itself, would empty this one for nothing."""
    seen = reached(master, 10)
    why = ""
    if seen.replica:
        why = f"is a replica of {seen.follows} itself"
    elif not seen.keys:
        why = "has no key: a replica of it has none either"
    if why:
        raise ActionFailed(f"{master.name} {why}.", f"Look at {master.name} first.", left_behind=_NOTHING)
    server.ctx.log(f"{master.name} is a master with {seen.keys:,} keys.")
    return seen


def _alone(server: Server, aside: str) -> list[Finding]:
    """Return what it took that the new master never got, as far as both positions are known."""
    fence, promotion = FenceRecord.of(server.ctx.files, server.name), PromotionRecord.of(server.ctx.files, server.name)
    where = f"They are in {aside}." if aside else ""
    if not fence or not promotion or not fence.position or fence.history != promotion.history:
        text = "how much it took that the new master never got is not known"
        return [Finding(severity="note", about=server.name, text=text, cure=where)]
    alone = fence.position - promotion.received
    if alone <= 0:
        return []
    text = f"took at most {alone:,} bytes of writes that the new master never got"
    return [Finding(severity="warning", about=server.name, text=text, cure=where)]

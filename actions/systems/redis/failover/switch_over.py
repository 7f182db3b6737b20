"""``redis.switch_over``: a Sentinel has a replica lead, by its own failover; who leads then is proven by itself."""

from __future__ import annotations

import time
from collections.abc import Sequence

import msgspec

from actions.action import action
from actions.context import ActionContext
from actions.failover.latest import require_latest
from actions.failover.promotion_record import PromotionRecord
from actions.failover.settled import needless_now
from actions.outcome import ActionFailed, Cancelled, Finding, Outcome
from actions.systems.redis.connection import CannotConnect
from actions.systems.redis.failover import by_hand
from actions.systems.redis.failover.promote import PROMOTING, Replica
from actions.systems.redis.failover.replicas import reached
from actions.systems.redis.failover.standing import KIND
from actions.systems.redis.identity import identity_of
from actions.systems.redis.managers import SWITCH_OVER
from actions.systems.redis.sentinel import Watch, asked, places, watch_of
from actions.systems.redis.server import Server, find_server, server_of
from actions.systems.redis.settings import RedisSettings
from journal.errors import CleoError
from journal.events.types import Identity

_NOTHING = "Nothing was changed."
_TOLD_S, _FOLLOWS_S, _PAUSE_S = 60.0, 20.0, 0.2
_SILENT = 5
"""How often in a row it is not to be asked before nobody waits for it any more."""


def leader_identity(ctx: ActionContext) -> Sequence[Identity]:
    """Return the identity of who leads by the Sentinel's word, or is to; where nobody can say, of whom it is about."""
    master = find_server(ctx)
    try:
        watch = _watch(master)
        return identity_of(_leading(master, watch) or _candidate(master, watch).server)
    except CleoError as error:
        ctx.log(error.message, "err")
        return PROMOTING.fencing.identity(ctx)


@action(
    SWITCH_OVER,
    destructive=True,
    probe="redis.is_promoted",
    resumable=True,
    gates=("strategy",),
    touches=("data directory",),
    undone_by="redis.allow_writers",
    target=leader_identity,
    by_hand=by_hand.switch_over,
)
def switch_over(ctx: ActionContext) -> Outcome:
    """Have a replica of Redis lead, by Sentinel's own failover.

    Where Sentinel promoted one by itself already, that one is proven, and taken over into the incident. Else it is
    asked to fail over: what the replica lacks is told before, Sentinel chooses, tells every replica, and rewrites the
    configurations. It counts once Sentinel tells clients another address, and that one took a key; the application is
    kept out of it. Whether the old master became a replica is looked at, and said.

    Needs: a Sentinel that the inventory names (`sentinels:`), with its quorum; a replica of the inventory.

    Leaves: another master, which plays the old one's part from then on, the application kept out of it until
    redis.allow_writers. Sentinel goes on watching.

    Killed half way: Sentinel goes on by itself; run again, it is proven.
    """
    master = find_server(ctx)
    require_latest(ctx, master.name)
    watch = _watch(master)
    if leading := _leading(master, watch):
        return _taken(master, leading, watch)
    chosen = _candidate(master, watch)
    findings = PROMOTING.told(master, chosen)
    for finding in findings:
        ctx.log(f"{finding.about}: {finding.text}", "err" if finding.severity != "note" else "out")
    over = f"have the Sentinel at {watch.where} fail {watch.name} over to a replica ({chosen.server.name} has most)"
    if not ctx.effect(f"{over}, and keep the application out of that"):
        return Outcome(ok=True, summary=f"would have Sentinel fail {watch.name} over", findings=findings)
    _record(chosen).keep(ctx.files, master.name)
    _ask(master, watch)
    server = _wait(master, watch)
    if server.name != chosen.server.name:
        ctx.log(f"Sentinel chose {server.name}, not {chosen.server.name}.", "err")
        PromotionRecord(standby=server.name, history=chosen.seen.history).keep(ctx.files, master.name)
    return _proven(master, server, findings, "")


def _record(chosen: Replica) -> PromotionRecord:
    """Return what is written down; one that Sentinel promotes at this moment has its own history already."""
    return PromotionRecord(standby=chosen.server.name) if chosen.already else PROMOTING.record(chosen)


def _watch(master: Server) -> Watch:
    """Return what the Sentinels of the inventory watch of the master's, by the one that knows the latest failover.

    Raises:
        ActionFailed: none does, or none can be asked.
    """
    why, found = list[str](), list[Watch]()
    for sentinel in master.settings.sentinels:
        where = f"{sentinel.address}:{sentinel.port}"
        try:
            watch = watch_of(master, sentinel)
        except CannotConnect as error:
            why.append(f"{where} cannot be asked ({error.message})")
            continue
        if watch:
            master.ctx.log(f"{where} watches {watch.name}: its master is {watch.master[0]}:{watch.master[1]}.")
            found.append(watch)
        else:
            why.append(f"{where} does not watch it")
    if found:
        return max(found, key=lambda one: one.epoch)
    raise ActionFailed(
        f"No Sentinel fails {master.name} over: {'; '.join(why) or 'the inventory names none (sentinels:)'}.",
        "Without a Sentinel redis.promote has a replica lead, once redis.fence has seen to its master.",
        left_behind=_NOTHING,
    )


def _known(master: Server) -> list[Server]:
    systems = master.ctx.inventory.systems.items()
    named = [server_of(master.ctx, n) for n, one in systems if isinstance(one, RedisSettings)]
    return [KIND.serving(one, master) for one in named]


def _leading(master: Server, watch: Watch) -> Server | None:
    """Return who leads by the Sentinel's word, where that is another one.

    Raises:
        ActionFailed: the inventory has nobody of that address.
    """
    if watch.master in places(master):
        return None
    if found := next((one for one in _known(master) if watch.master in places(one)), None):
        return found
    where = f"{watch.master[0]}:{watch.master[1]}"
    raise ActionFailed(
        f"{watch.where} tells clients that {where} is the master of {watch.name}: the inventory has no Redis there.",
        "Write it there (standby_of:), by the address that Sentinel tells; then run this again.",
        left_behind=_NOTHING,
    )


def _candidate(master: Server, watch: Watch) -> Replica:
    """Return the inventory's replica that has most of those that a Sentinel would promote.

    Raises:
        ActionFailed: there is none that answers.
    """
    found = [one for one in _known(master) if any(where in places(one) for where in watch.replicas)]
    told = list[Replica]()
    for one in found:
        try:
            told.append(Replica(one, reached(one, 5)))
        except CannotConnect as error:
            master.ctx.log(f"{one.name} cannot be asked how far it came: {error.message}", "err")
    if not told:
        raise ActionFailed(
            f"{watch.where} knows no replica of {watch.name} that the inventory has, and that answers.",
            "See SENTINEL REPLICAS, and standby_of: in the inventory; replica-priority 0 is never promoted.",
            left_behind=_NOTHING,
        )
    return max(told, key=lambda one: one.seen.position)


def _ask(master: Server, watch: Watch) -> None:
    try:
        with asked(master, watch.sentinel) as client:
            client.execute_command("SENTINEL", "FAILOVER", watch.name)
    except CannotConnect as error:
        if "INPROG" not in error.message:
            raise ActionFailed(
                f"The Sentinel at {watch.where} does not fail {watch.name} over: {error.message}",
                "NOGOODSLAVE: no replica is fit to it (SENTINEL REPLICAS says why).",
                left_behind=_NOTHING,
            ) from error
        master.ctx.log(f"{watch.where} fails it over by itself at this moment.", "err")
    master.ctx.log(f"{watch.where} was asked to fail {watch.name} over.")


def _wait(master: Server, watch: Watch) -> Server:
    """Wait until the Sentinel tells clients another master, and return that."""
    end, left = time.monotonic() + _TOLD_S, "Sentinel goes on by itself, or gives up; run it again: it looks first."
    while True:
        now = watch_of(master, watch.sentinel)
        if now and (found := _leading(master, now)) and "failover_in_progress" not in now.flags:
            return found
        if master.ctx.cancelled:
            raise Cancelled(left)
        if time.monotonic() > end:
            flags = ", ".join(now.flags) if now else "it does not watch it any more"
            raise ActionFailed(
                f"After {_TOLD_S:.0f} s {watch.where} still tells clients of the old master ({flags}).",
                "See the Sentinel's log: who did not vote, or which replica did not turn.",
                left_behind=left,
            )
        time.sleep(_PAUSE_S)


def _taken(master: Server, server: Server, watch: Watch) -> Outcome:
    """Take over into the incident whom the Sentinel promoted already, by itself or as a run before asked it to."""
    said = f"take {server.name} for the master, which Sentinel promoted ({watch.name}), and keep the application out"
    if not master.ctx.effect(said):
        return Outcome(ok=True, summary=f"would take {server.name} for the master: Sentinel promoted it")
    files = master.ctx.files
    before = PromotionRecord.of(files, master.name)
    if before is None or before.standby != server.name:
        PromotionRecord(standby=server.name).keep(files, master.name)
    return _proven(master, server, [], "; Sentinel had promoted it already")


def _proven(master: Server, server: Server, findings: list[Finding], how: str) -> Outcome:
    record = PromotionRecord.of(master.ctx.files, master.name) or PromotionRecord(standby=server.name)
    old = _old(master)
    done = PROMOTING.finish(master, server, record, [*findings, *old], how)
    follows = "" if old else f"{master.name} is a replica: Sentinel made it one"
    settles = needless_now(KIND.prefix, master.name, f"{server.name} is the master, by Sentinel", follows=follows)
    return msgspec.structs.replace(done, settles=settles)


def _old(master: Server) -> list[Finding]:
    """Wait a little until the old master is a replica; return that it is not seen to be one."""
    end, silent = time.monotonic() + _FOLLOWS_S, 0
    while (leads := KIND.promoted(master)) is not False:
        silent = silent + 1 if leads is None else 0  # Sentinel ends its connections as it turns it
        if silent == _SILENT or time.monotonic() > end or master.ctx.cancelled:
            break
        time.sleep(_PAUSE_S)
    if leads is False:
        return []
    if leads:
        text = "takes writes: Sentinel has not made it a replica yet, and what it takes is lost then"
        cure = f"Fence it, if that lasts: cleo run redis.fence --on {master.name}."
    else:
        text = "cannot be asked: it may take writes from those who still reach it, until Sentinel makes it a replica"
        cure = "Look at its host. Once it is back Sentinel makes it a replica, and what it took alone is lost."
    return [Finding(severity="warning", about=master.name, text=text, cure=cure)]

"""``redis.rejoin`` and ``redis.is_rejoined``: a fenced old master comes back as a replica of the new one."""

from __future__ import annotations

import time
from typing import Any

from actions.action import action
from actions.context import ActionContext, Progress
from actions.failover.fence_record import FenceRecord
from actions.failover.promotion_record import PromotionRecord
from actions.failover.rejoining import WHICH, Back, Coming, Rejoining
from actions.machine.aside import KeptCopy
from actions.outcome import ActionFailed, Cancelled, Cure, Finding, Outcome
from actions.systems.redis.config_file import wanted_of
from actions.systems.redis.configuration import read_configuration
from actions.systems.redis.connection import CannotConnect
from actions.systems.redis.failover import by_hand
from actions.systems.redis.failover.fence import FENCING
from actions.systems.redis.failover.follows import follow, follows_at_start
from actions.systems.redis.failover.replicas import Reached, reached
from actions.systems.redis.launch import launch, newest_lines, went_down
from actions.systems.redis.login_block import load_barred
from actions.systems.redis.placing import keep_old, plan_copy
from actions.systems.redis.server import Server
from actions.systems.redis.verified_connection import connect_verified

_NOTHING = "Nothing was changed."
_HOURS_S, _STUCK_S, _ARRIVES_S, _APPEARS_S, _PAUSE_S = 12 * 3600.0, 75.0, 10.0, 3.0, 0.2
_PROOF_MS = 60_000


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
        ok = _follows(seen, master)
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
        if not server.process():
            launch(server, "rejoin")

    def prove() -> Back:
        _wait(server, master)
        _prove(server, master)
        kept = f". Its old files are kept in {aside}" if aside else ""
        said = f"follows {master.name}: a key written there arrived, and a write here is refused{kept}"
        return Back(said, _barred(server), {"aside": aside} if aside else {})

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


def _barred(server: Server) -> list[Finding]:
    barred = load_barred(server)
    if not barred or not barred.lines:
        return []
    text = f"{', '.join(barred.lines)}: switched off in it still, since users are not replicated"
    cure = f"Where the application reads from it: redis.allow_writers --on {server.name}."
    return [Finding(severity="note", about=server.name, text=text, cure=cure)]


def _follows(seen: Reached, master: Server) -> bool:
    at = f"{master.settings.address}:{master.settings.port}"
    return seen.replica and seen.linked and not seen.copying and seen.follows == at


def _wait(server: Server, master: Server) -> None:
    """Wait until it has a whole copy and follows.

    Raises:
        ActionFailed: it ended, or gets nothing of its master.
    """
    begun = heard = time.monotonic()
    while time.monotonic() < begun + _HOURS_S:
        if server.ctx.cancelled:
            raise Cancelled(f"{server.name} goes on copying from {master.name} by itself.")
        try:
            seen = reached(server, 5)
        except CannotConnect as error:
            if not server.process() and time.monotonic() > begun + _APPEARS_S:
                raise went_down(server, "Its old files are kept aside.") from error
            time.sleep(_PAUSE_S)
            continue
        if _follows(seen, master):
            return
        if seen.copying:
            heard = time.monotonic()
            left = int(seen.info.get("master_sync_left_bytes", -1))
            server.ctx.progress(
                Progress(text=f"copying from {master.name}{f', {left:,} bytes left' if left > 0 else ''}")
            )
        if time.monotonic() > heard + _STUCK_S:
            break
        time.sleep(_PAUSE_S)
    said = next((line for line in reversed(newest_lines(server)) if "MASTER" in line or "AUTH" in line), "")
    raise ActionFailed(
        f"{server.name} gets nothing of {master.name}: {said.strip() or 'its log does not say why'}",
        "masteruser and masterauth must be a user of the new master that may replicate (+psync +replconf +ping).",
        left_behind=f"{server.name} is a replica without data; its old files are kept aside.",
        cures=[Cure(words="Once that is mended: it goes on from there.", action="redis.rejoin")],
    )


def _prove(server: Server, master: Server) -> None:
    from redis import ResponseError

    key, value = f"cleo:rejoined:{server.ctx.incident.id}", server.name
    with connect_verified(master) as session:
        there: Any = session
        there.set(key, value, px=_PROOF_MS)
    end = time.monotonic() + _ARRIVES_S
    with connect_verified(server, deadline_s=_ARRIVES_S + 5) as session:
        here: Any = session
        while here.get(key) != value:
            if time.monotonic() > end:
                raise ActionFailed(
                    f"{server.name} says that it follows, and a key written at {master.name} does not arrive.",
                    "See its log (redis.log); then run this again.",
                )
            time.sleep(_PAUSE_S)
        try:
            here.set(key, value, px=_PROOF_MS)
        except ResponseError as error:
            if str(error).upper().startswith("READONLY") or "read only" in str(error):
                return
            raise
    raise ActionFailed(
        f"{server.name} follows, and takes writes (replica-read-only is off).",
        "CONFIG SET replica-read-only yes, and in its configuration; then run this again.",
    )

"""``redis.rejoin`` and ``redis.is_rejoined``: a fenced old master comes back as a replica of the new one."""

from __future__ import annotations

import time
from typing import Any

from actions.action import action
from actions.context import ActionContext, Progress
from actions.failover.cut_off import require_reached
from actions.failover.fence_record import FenceRecord, forget
from actions.failover.promotion_record import PromotionRecord
from actions.failover.standing import UNSEEN
from actions.gate import Closed
from actions.outcome import ActionFailed, Cancelled, Cure, Finding, Outcome
from actions.systems.redis.config_file import wanted_of
from actions.systems.redis.configuration import read_configuration
from actions.systems.redis.connection import CannotConnect
from actions.systems.redis.failover import by_hand
from actions.systems.redis.failover.fence import fence_identity, unmanaged_if_seen
from actions.systems.redis.failover.follows import follow, follows_at_start
from actions.systems.redis.failover.replicas import Reached, reached
from actions.systems.redis.failover.standing import FENCE, KIND, standing
from actions.systems.redis.fence_guard import UNFENCE
from actions.systems.redis.launch import launch, newest_lines, went_down
from actions.systems.redis.login_block import load_barred
from actions.systems.redis.placing import keep_old, plan_copy
from actions.systems.redis.server import Server, find_server, server_of
from actions.systems.redis.verified_connection import connect_verified
from journal.errors import CleoError

_NOTHING = "Nothing was changed."
_HOURS_S, _STUCK_S, _ARRIVES_S, _APPEARS_S, _PAUSE_S = 12 * 3600.0, 75.0, 10.0, 3.0, 0.2
_PROOF_MS = 60_000


def no_writer(ctx: ActionContext) -> Closed | None:
    """A gate: it is fenced, or can only be a replica already. What may write is not emptied, whatever the reason."""
    server = find_server(ctx)
    seen = standing(server)
    if seen.fenced or _only_follows(server):
        return None
    message = f"{server.name} is not fenced: {seen.words}. What it took meanwhile would go unseen."
    return Closed("fenced", message, "never", FENCE)


def _only_follows(server: Server) -> bool:
    try:
        if not follows_at_start(server):
            return False
        return not server.process() or reached(server, 5).replica
    except (CleoError, *UNSEEN):
        return False


@action(
    "redis.rejoin",
    destructive=True,
    probe="redis.is_rejoined",
    resumable=True,
    live={"fenced": no_writer, "managed": unmanaged_if_seen},
    touches=("data directory",),
    target=fence_identity,
    by_hand=by_hand.rejoin,
)
def rejoin(ctx: ActionContext) -> Outcome:
    """Bring a fenced old master back as a replica of the new one.

    Its own files are moved aside first: what it took alone is in them, and nowhere else. The fence goes only once its
    configuration has `replicaof`, so that no start in between makes it a master. Then it copies everything, and that is
    proven: a key written at the master arrives, and a write to it is refused.

    Needs: it fenced, its host answering; the new master up, with keys; room for a second copy beside the old files.

    Leaves: a replica that follows; its fence lifted; the old files in `….aside-<time>`, until a person removes them.

    Killed half way: it is fenced still, or can only come up as a replica; run again, it goes on.
    """
    server = find_server(ctx)
    require_reached(KIND.fenced(server), lambda: KIND.pid(server))
    master = _master(server)
    leads = _require_master(server, master)
    where, aside = f"{master.settings.address} {master.settings.port}", ""
    if follows_at_start(server) != where:
        copy = plan_copy(server, wanted_of(read_configuration(server)), restored=False)
        aside = copy.path if copy else ""
        kept = f"move {', '.join(copy.held)} to {copy.path}, " if copy else ""
        said = f"{kept}lift its fence, and have it follow {master.name} ({leads.keys:,} keys) from its next start on"
        if not ctx.effect(said):
            return Outcome(ok=True, summary=f"would bring {server.name} back", findings=_alone(server, aside))
        if copy:
            keep_old(server, copy)
        follow(server, master)
    elif not ctx.effect(f"see {server.name} through as a replica of {master.name}"):
        return Outcome(ok=True, summary=f"would go on bringing {server.name} back")
    findings = _alone(server, aside)
    if not server.process():
        launch(server, "rejoin")
    _wait(server, master)
    _prove(server, master)
    forget(ctx.files, server.name)
    return Outcome(
        ok=True,
        summary=f"{server.name} follows {master.name}: a key written there arrived, and a write here is refused."
        f"{f' Its old files are kept in {aside}.' if aside else ''}",
        facts={"rejoined": True, "lifts": UNFENCE, **({"aside": aside} if aside else {})},
        findings=[*findings, *_barred(server)],
    )


@action("redis.is_rejoined", target=fence_identity)
def is_rejoined(ctx: ActionContext) -> Outcome:
    """Tell whether the server is a replica that hears of its master.

    Needs: its address.
    """
    server = find_server(ctx)
    master = _master(server)
    try:
        seen = reached(server, 5)
    except CleoError as error:
        return Outcome(ok=False, summary=f"{server.name} cannot be asked: {error.message}", facts={"rejoined": None})
    ok = _follows(seen, master)
    words = f"follows {master.name}" if ok else f"does NOT follow {master.name}"
    return Outcome(ok=ok, summary=f"{server.name} {words}: {seen.keys:,} keys.", facts={"rejoined": ok})


def _master(server: Server) -> Server:
    if server.settings.standby_of:
        return server_of(server.ctx, server.settings.standby_of)
    raise ActionFailed(
        f"{server.name} stands by for nobody, neither in the inventory nor since a failover of this incident.",
        "Promote another server first, or say in the inventory whom it is to follow (standby_of:).",
        left_behind=_NOTHING,
    )


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

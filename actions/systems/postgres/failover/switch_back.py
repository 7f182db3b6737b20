"""``postgres.switch_back``: the primary and its standby change places, as planned, and nothing is lost by it."""

from __future__ import annotations

import time

import msgspec

from actions.action import action
from actions.context import ActionContext
from actions.failover.promotion_record import INVENTORY, PromotionRecord, forget_promotion, require_ours
from actions.gate import Closed
from actions.outcome import ActionFailed, Cancelled, Cure, Finding, Outcome
from actions.systems.postgres import by_hand
from actions.systems.postgres.connection import CannotConnect
from actions.systems.postgres.failover.divergence import Position, position
from actions.systems.postgres.failover.fence import by_service
from actions.systems.postgres.failover.following import asked
from actions.systems.postgres.failover.promote import finish, standby_identity, tell_to_promote
from actions.systems.postgres.failover.slots import logical_slots
from actions.systems.postgres.failover.standbys import Reached, choose_next, reached
from actions.systems.postgres.failover.standing import answers
from actions.systems.postgres.failover.told import surprises
from actions.systems.postgres.fence_guard import UNFENCE
from actions.systems.postgres.login_block import block_logins, require_not_ourselves
from actions.systems.postgres.managers import managed_by
from actions.systems.postgres.patroni.gate import SWITCH_OVER
from actions.systems.postgres.process import control, postmaster
from actions.systems.postgres.server import Server, find_server
from actions.systems.postgres.verified_connection import connect_verified
from actions.systems.postgres.wal import format_lsn

REJOIN, ALLOW = "postgres.rejoin", "postgres.allow_writers"
_BEHIND = 64 * 1024 * 1024
"""Bytes of log that a standby may lack before: writers are kept out until it has them."""
_LAST_S = 60.0
_PAUSE_S = 0.2


def neither_managed(ctx: ActionContext) -> Closed | None:
    """A gate: no cluster manager starts the one or promotes the other on its own; Patroni switches over itself."""
    primary, standby = find_server(ctx), _standby(ctx)
    return managed_by(primary, SWITCH_OVER, paused=False) or managed_by(standby, SWITCH_OVER, paused=False)


@action(
    "postgres.switch_back",
    destructive=True,
    probe="postgres.is_promoted",
    resumable=True,
    live={"managed": neither_managed},
    touches=("data directory",),
    undone_by="postgres.allow_writers",
    target=standby_identity,
    params={"standby": "the inventory's name of the standby, where it has several"},
    by_hand=by_hand.switch_back,
)
def switch_back(ctx: ActionContext, *, standby: str = "") -> Outcome:
    """Have the primary and its standby change places, at a quiet hour, with nothing lost.

    Keeps the application out of the primary, stops it cleanly and fences it; compares the end of its log with what the
    standby has, to the byte; and only then promotes that one. From then on it plays the part in this incident.

    Needs: both up, and the standby streaming (postgres.rejoin); what postgres.fence and postgres.promote need.

    Leaves: the standby as the primary on a new timeline, the application kept out until postgres.allow_writers; the
    other one fenced, until postgres.rejoin makes it a standby.

    Killed half way: the one may be down and fenced, and the other not promoted yet; run again, it is seen through. To
    go back instead: postgres.unfence and postgres.start, before the other one is a primary.
    """
    primary = find_server(ctx)
    server = choose_next(primary, standby)
    record = PromotionRecord.of(ctx.files, primary.name)
    seen = _reached(primary, server)
    if not seen.in_recovery:
        return _done(primary, server, require_ours(record, server.name, "primary"), [])
    findings: list[Finding] = []
    if postmaster(primary):
        new = position(primary)
        _require_following(primary, server, new)
        require_not_ourselves(primary, running=True)
        require_not_ourselves(server, running=True)
        findings = surprises(primary, server, seen, logical_slots(primary, running=True))
    if not ctx.effect(f"keep the application out of {primary.name}, stop and fence it, and promote {server.name}"):
        return Outcome(ok=True, summary=f"would have {server.name} take the place of {primary.name}", findings=findings)
    _shut(primary)
    end = _require_all(primary, server)
    record = PromotionRecord(standby=server.name, timeline=seen.timeline, received=end)
    record.keep(ctx.files, primary.name)
    if server.settings.app_roles:
        block_logins(server)
    tell_to_promote(server)
    return _done(primary, server, record, findings)


def _standby(ctx: ActionContext) -> Server:
    return choose_next(find_server(ctx), str(ctx.params.get("standby") or ""))


def _reached(primary: Server, server: Server) -> Reached:
    try:
        with connect_verified(server, deadline_s=30) as session:
            return reached(session)
    except CannotConnect as error:
        server.ctx.log(f"{server.name} cannot be asked: {error.message}", "err")
        raise _no_standby(primary, server) from error


def _no_standby(primary: Server, server: Server) -> ActionFailed:
    return ActionFailed(
        f"{server.name} does not stream from {primary.name}: it cannot take its place without loss.",
        left_behind="Nothing was changed.",
        cures=[Cure(words="Make it a standby first.", action=REJOIN)],
    )


def _require_following(primary: Server, server: Server, new: Position) -> None:
    """Go on only where the standby streams from the primary, and is not far behind.

    Raises:
        ActionFailed: it does not, or is.
    """
    seen = asked(server)
    if seen is None or not seen.of(new):
        raise _no_standby(primary, server)
    if (behind := new.end - seen.replayed) > _BEHIND:
        raise ActionFailed(
            f"{server.name} is {behind:,} bytes of log behind {primary.name}.",
            "Wait until it has caught up (postgres.is_rejoined tells): the application would be kept out as long.",
            left_behind="Nothing was changed.",
        )


def _shut(primary: Server) -> None:
    """Keep the application out, have all written to disk while others read on, then stop and fence the primary."""
    if postmaster(primary):
        if primary.settings.app_roles:
            block_logins(primary)
        with connect_verified(primary, deadline_s=600) as session:
            session.execute("CHECKPOINT")
    by_service(primary, postmaster(primary), immediate=False)


def _require_all(primary: Server, server: Server) -> int:
    """Compare the end of the primary's log with what the standby has; return that position, in bytes.

    A clean shutdown's checkpoint is the last record of a log: who has received beyond its beginning has everything.

    Raises:
        ActionFailed: it was no clean shutdown, or the standby lacks something: it is not promoted.
    """
    back = [
        Cure(words=f"Lift its fence and start {primary.name} again, nothing is lost then.", action=UNFENCE),
        Cure(words="Or run this again: it compares anew.", action="postgres.switch_back"),
    ]
    left = f"{primary.name} is down and fenced; {server.name} is not promoted: nobody takes writes."
    found = control(primary)
    if found is None or found.state != "shut down":
        state = found.state if found else "without a readable control file"
        raise ActionFailed(
            f"{primary.name} did not shut down cleanly (it is {state}): what {server.name} lacks cannot be told.",
            left_behind=left,
            cures=back,
        )
    end = time.monotonic() + _LAST_S
    while True:
        with connect_verified(server, deadline_s=10) as session:
            seen = reached(session)
        if seen.received > found.redo and seen.replayed > found.redo:
            server.ctx.log(f"{server.name} has all of its log: the last record begins at {format_lsn(found.redo)}.")
            return seen.received
        if server.ctx.cancelled:
            raise Cancelled(left)
        if time.monotonic() > end:
            lacks = f"{server.name} has the log up to {format_lsn(seen.received)}, applied {format_lsn(seen.replayed)}"
            raise ActionFailed(
                f"{lacks}, and the last record of {primary.name} begins at {format_lsn(found.redo)}.",
                left_behind=left,
                cures=back,
            )
        time.sleep(_PAUSE_S)


def _done(primary: Server, server: Server, record: PromotionRecord, findings: list[Finding]) -> Outcome:
    try:
        alive = answers(primary)
    except CannotConnect:
        alive = None
    if alive:
        raise ActionFailed(f"{primary.name} is not down: {alive.words}.", f"Fence it: --on {primary.name}.")
    done = finish(primary, server, record, findings)
    files, rest = server.ctx.files, [one for one in done.findings if one not in findings]
    if (before := PromotionRecord.of(files, server.name)) and before.standby == primary.name:  # it has its place back
        forget_promotion(files, server.name)
        forget_promotion(files, primary.name)
        said = "is right again, unless somebody changed it since the failover: then change it back"
        rest = [msgspec.structs.replace(one, text=said, cure="") if one.about == INVENTORY else one for one in rest]
    text = "is fenced: until it is a standby there is no second copy"
    rejoin = Finding(severity="warning", about=primary.name, text=text, cure=f"Run {REJOIN} now.")
    return Outcome(
        ok=True,
        summary=f"Nothing was lost, both logs end alike. {done.summary}",
        facts=done.facts,
        findings=[*findings, *rest, rejoin],
        cures=[
            Cure(words=f"{server.name} is the primary, and the application is kept out of it.", action=ALLOW),
            Cure(words=f"{primary.name} {text}.", action=REJOIN),
        ],
    )

"""``postgres.switch_back``: the primary and its standby change places, as planned, and nothing is lost by it."""

from __future__ import annotations

import time
from collections.abc import Sequence

from actions.action import action
from actions.context import ActionContext
from actions.failover.promotion_record import PromotionRecord
from actions.failover.switching_back import WHICH, Left, SwitchingBack
from actions.gate import Closed
from actions.outcome import ActionFailed, Cancelled, Cure, Finding, Outcome
from actions.systems.postgres import by_hand
from actions.systems.postgres.connection import CannotConnect
from actions.systems.postgres.failover.divergence import Position, position
from actions.systems.postgres.failover.fence import by_service
from actions.systems.postgres.failover.following import asked
from actions.systems.postgres.failover.promote import PROMOTING, tell_to_promote
from actions.systems.postgres.failover.slots import logical_slots
from actions.systems.postgres.failover.standbys import Reached, reached
from actions.systems.postgres.failover.standing import answers
from actions.systems.postgres.failover.told import surprises
from actions.systems.postgres.fence_guard import GUARD, UNFENCE
from actions.systems.postgres.login_block import block_logins, require_not_ourselves
from actions.systems.postgres.managers import managed_by
from actions.systems.postgres.patroni.gate import SWITCH_OVER
from actions.systems.postgres.process import control, postmaster
from actions.systems.postgres.server import Server
from actions.systems.postgres.verified_connection import connect_verified
from actions.systems.postgres.wal import format_lsn

REJOIN = "postgres.rejoin"
_BEHIND = 64 * 1024 * 1024
"""Bytes of log that a standby may lack before: writers are kept out until it has them."""
_LAST_S = 60.0
_PAUSE_S = 0.2


class PostgresSwitchingBack(SwitchingBack[Server]):
    """How a primary of PostgreSQL and its standby change places: the one stops and is fenced before the other leads."""

    promoting = PROMOTING
    alike = "both logs end alike"

    def managed(self, server: Server) -> Closed | None:
        """Return the cluster manager of a server: Patroni switches over itself, paused or not."""
        return managed_by(server, SWITCH_OVER, paused=False)

    def leads(self, primary: Server, server: Server) -> bool:
        """Whether the standby is out of recovery."""
        return not self._reached(primary, server).in_recovery

    def look(self, primary: Server, server: Server) -> Sequence[Finding]:
        """Look that it streams and is near; a primary that a run before stopped is not asked any more."""
        if not postmaster(primary):
            return []
        new = position(primary)
        self._require_following(primary, server, new)
        require_not_ourselves(primary, running=True)
        require_not_ourselves(server, running=True)
        return surprises(primary, server, self._reached(primary, server), logical_slots(primary, running=True))

    def effect(self, primary: Server, server: Server) -> str:
        """Return who is stopped and fenced, and who is promoted."""
        return f"keep the application out of {primary.name}, stop and fence it, and promote {server.name}"

    def hand_over(self, primary: Server, server: Server) -> PromotionRecord:
        """Stop and fence the primary, compare the ends of both logs, and promote the standby."""
        timeline = self._reached(primary, server).timeline
        _shut(primary)
        record = PromotionRecord(standby=server.name, timeline=timeline, received=_require_all(primary, server))
        record.keep(server.ctx.files, primary.name)
        if server.settings.app_roles:
            block_logins(server)
        tell_to_promote(server)
        return record

    def left(self, primary: Server, server: Server) -> Left:
        """See that the one that led is down."""
        try:
            alive = answers(primary)
        except CannotConnect:
            alive = None
        if alive:
            raise ActionFailed(f"{primary.name} is not down: {alive.words}.", f"Fence it: --on {primary.name}.")
        text = "is fenced: until it is a standby there is no second copy"
        finding = Finding(severity="warning", about=primary.name, text=text, cure=f"Run {REJOIN} now.")
        return Left("", False, [finding], [Cure(words=f"{primary.name} {text}.", action=REJOIN)])

    def _reached(self, primary: Server, server: Server) -> Reached:
        try:
            with connect_verified(server, deadline_s=30) as session:
                return reached(session)
        except CannotConnect as error:
            server.ctx.log(f"{server.name} cannot be asked: {error.message}", "err")
            self.not_asked(primary, server, server)

    def _require_following(self, primary: Server, server: Server, new: Position) -> None:
        """Go on only where the standby streams from the primary, and is not far behind.

        Raises:
            ActionFailed: it does not, or is.
        """
        seen = asked(server)
        if seen is None:
            self.not_asked(primary, server, server)
        if not seen.of(new):
            self.not_following(primary, server, f"does not stream from {primary.name}")
        if (behind := new.end - seen.replayed) > _BEHIND:
            self.too_far_behind(primary, server, f"{behind:,} bytes of log")


SWITCHING_BACK = PostgresSwitchingBack()


@action(
    "postgres.switch_back",
    destructive=True,
    probe="postgres.is_switched_back",
    resumable=True,
    live={"managed": SWITCHING_BACK.unmanaged},
    touches=("data directory",),
    undone_by="postgres.allow_writers",
    target=SWITCHING_BACK.identity,
    params={"standby": WHICH},
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
    return SWITCHING_BACK.switch_back(ctx, standby)


@action("postgres.is_switched_back", target=SWITCHING_BACK.identity, params={"standby": WHICH})
def is_switched_back(ctx: ActionContext, *, standby: str = "") -> Outcome:
    """Tell whether the standby leads that postgres.switch_back has lead.

    Needs: the standby's address.
    """
    return SWITCHING_BACK.is_switched_back(ctx, standby)


def _shut(primary: Server) -> None:
    """Keep the application out, have all written to disk while others read on, then stop and fence the primary."""
    if postmaster(primary):
        # where a run before put the guard, they are out already, and with it the server reads its files no more
        if primary.settings.app_roles and not GUARD.stands(primary):
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

"""``mongodb.unfence``: a member that was fenced may start again, and follows whom its set has elected."""

from __future__ import annotations

from actions.action import action
from actions.context import ActionContext
from actions.failover.fencing import SECOND
from actions.failover.lifting import lift
from actions.outcome import Outcome
from actions.systems.mongodb.failover import by_hand
from actions.systems.mongodb.failover.fence import FENCING
from actions.systems.mongodb.failover.standing import KIND
from actions.systems.mongodb.fence_guard import UNFENCE


@action(
    UNFENCE,
    destructive=True,
    probe="mongodb.is_fenced",
    resumable=True,
    live={SECOND: FENCING.no_other_primary, "managed": FENCING.unmanaged_if_seen},
    touches=("data directory",),
    target=FENCING.identity,
    by_hand=by_hand.unfence,
)
def unfence(ctx: ActionContext) -> Outcome:
    """Let a fenced member start again.

    Once started (mongodb.start) it follows whom its set has elected, and rolls back by itself what no majority
    acknowledged, into files under rollback/ in its data directory.

    Needs: its host; for one that was fenced by power or network, `unfence` of those commands.

    Leaves: its configuration as it was before the fence, and the server down.

    Killed half way: the line is taken out or is not; mongodb.is_fenced tells. Run it again.
    """
    return lift(KIND, ctx)

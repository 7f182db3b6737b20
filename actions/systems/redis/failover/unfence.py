"""``redis.unfence``: a server that was fenced may start again."""

from __future__ import annotations

from actions.action import action
from actions.context import ActionContext
from actions.failover.fencing import SECOND
from actions.failover.lifting import lift
from actions.outcome import Outcome
from actions.systems.redis.failover import by_hand
from actions.systems.redis.failover.fence import FENCING
from actions.systems.redis.failover.standing import KIND
from actions.systems.redis.fence_guard import UNFENCE


@action(
    UNFENCE,
    destructive=True,
    probe="redis.is_fenced",
    resumable=True,
    live={SECOND: FENCING.no_other_primary, "managed": FENCING.unmanaged_if_seen},
    touches=("data directory",),
    target=FENCING.identity,
    by_hand=by_hand.unfence,
)
def unfence(ctx: ActionContext) -> Outcome:
    """Let a fenced server start again.

    Refused while another server is a master in its place. It is not started: redis.start does that.

    Needs: its host; for one that was fenced by power or network, `unfence` of those commands.

    Leaves: its configuration as it was before the fence, and the server down.

    Killed half way: the line is taken out or is not; redis.is_fenced tells. Run it again.
    """
    return lift(KIND, ctx)

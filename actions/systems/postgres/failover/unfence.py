"""``postgres.unfence``: a server that was fenced may start again."""

from __future__ import annotations

from actions.action import action
from actions.context import ActionContext
from actions.failover.fencing import SECOND
from actions.failover.lifting import lift
from actions.outcome import Outcome
from actions.systems.postgres import by_hand
from actions.systems.postgres.failover.fence import FENCING
from actions.systems.postgres.failover.standing import KIND
from actions.systems.postgres.fence_guard import UNFENCE


@action(
    UNFENCE,
    destructive=True,
    probe="postgres.is_fenced",
    resumable=True,
    live={SECOND: FENCING.no_other_primary, "managed": FENCING.unmanaged_if_seen},
    touches=("data directory",),
    target=FENCING.identity,
    by_hand=by_hand.unfence,
)
def unfence(ctx: ActionContext) -> Outcome:
    """Let a fenced server start again.

    Refused while another server is a primary in its place. It is not started: postgres.start does that.

    Needs: its host, as the server's account; for one that was fenced by power or network, `on` of those commands.

    Leaves: its configuration as it was before the fence, and the server down.

    Killed half way: the line is taken out or is not; postgres.is_fenced tells. Run it again.
    """
    return lift(KIND, ctx)

"""``redis.unfence``: a server that was fenced may start again."""

from __future__ import annotations

from actions.action import action
from actions.context import ActionContext
from actions.failover.fence_record import forget
from actions.failover.means import switched_on
from actions.failover.standing import UNSEEN
from actions.gate import Closed
from actions.outcome import ActionFailed, Cure, Outcome
from actions.systems.redis.failover import by_hand
from actions.systems.redis.failover.fence import fence_identity, promoted, unmanaged_if_seen
from actions.systems.redis.failover.standing import fenced, followers
from actions.systems.redis.fence_guard import UNFENCE, refused, stands, take_out
from actions.systems.redis.server import find_server, server_of

_GATE = "second-primary"


def no_other_master(ctx: ActionContext) -> Closed | None:
    """A gate: none of its replicas, nor what it is a replica of, became a master."""
    server = find_server(ctx)
    others = followers(server)
    if server.settings.standby_of:
        others.append(server_of(ctx, server.settings.standby_of))
    for other in others:
        master = promoted(other)
        if master is not False:
            said = "is a master" if master else "cannot be asked whether it was promoted"
            message = f"{other.name} {said}: {server.name} would be a second one, with writes of its own."
            return Closed(_GATE, message, "reason and target")
    return None


@action(
    UNFENCE,
    destructive=True,
    probe="redis.is_fenced",
    resumable=True,
    live={_GATE: no_other_master, "managed": unmanaged_if_seen},
    touches=("data directory",),
    target=fence_identity,
    by_hand=by_hand.unfence,
)
def unfence(ctx: ActionContext) -> Outcome:
    """Let a fenced server start again.

    Refused while another server is a master in its place. It is not started: redis.start does that.

    Needs: its host; for one that was fenced by power or network, `unfence` of those commands.

    Leaves: its configuration as it was before the fence, and the server down.

    Killed half way: the line is taken out or is not; redis.is_fenced tells. Run it again.
    """
    server = find_server(ctx)
    switched = switched_on(fenced(server))
    if switched is False:
        return Outcome(ok=True, summary=f"would let {server.name} start again")
    try:
        standing_guard = stands(server)
    except UNSEEN as error:
        raise ActionFailed(
            f"{server.host} cannot be reached: {error.message}",
            left_behind="Its power or network was switched on." if switched else "Nothing was changed.",
            cures=[Cure(words="Once its host answers, run it again: that takes its guard out.", action=UNFENCE)],
        ) from error
    if not standing_guard:
        forget(ctx.files, server.name) if not ctx.dry_run else None
        return Outcome(ok=True, summary=f"No fence stands in the configuration of {server.name}.")
    if not ctx.effect(f"take the line out that has every start of {server.name} refused"):
        return Outcome(ok=True, summary=f"would let {server.name} start again")
    take_out(server)
    if said := refused(server):
        raise ActionFailed(f"{server.name} still refuses to start: {said}", "See where else cleo_fenced stands.")
    forget(ctx.files, server.name)
    return Outcome(ok=True, summary=f"{server.name} can be started again; it is down.", facts={"fenced": False})

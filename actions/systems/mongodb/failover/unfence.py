"""``mongodb.unfence``: a member that was fenced may start again, and follows whom its set has elected."""

from __future__ import annotations

from actions.action import action
from actions.context import ActionContext
from actions.failover.fence_record import forget
from actions.failover.means import switched_on
from actions.failover.standing import UNSEEN
from actions.gate import Closed
from actions.outcome import ActionFailed, Cure, Outcome
from actions.systems.mongodb.failover import by_hand
from actions.systems.mongodb.failover.fence import fence_identity, unmanaged_if_seen
from actions.systems.mongodb.failover.members import look_at_set
from actions.systems.mongodb.failover.standing import fenced, name_in_set
from actions.systems.mongodb.fence_guard import UNFENCE, refused, stands, take_out
from actions.systems.mongodb.server import find_server

_GATE = "second-primary"


def no_primary_without_it(ctx: ActionContext) -> Closed | None:
    """A gate: its set's other primary knows of it, so that it follows that one; one that was thrown out does not.

    A primary that a majority elected is no hindrance, but what the member is to come back to. A set that was forced
    without its member leaves it with the old configuration: with another such one it elects a primary of its own.
    """
    server = find_server(ctx)
    found = look_at_set(server)
    leader = found.leader() if found else None
    if not found or not leader:
        return None
    seat = next((each for each in found.seats if each.name == name_in_set(server)), None)
    if seat:
        return None
    message = f"{leader.system or leader.name} leads a set that {server.name} is no member of: it would not follow it."
    return Closed(_GATE, message, "reason and target")


@action(
    UNFENCE,
    destructive=True,
    probe="mongodb.is_fenced",
    resumable=True,
    live={_GATE: no_primary_without_it, "managed": unmanaged_if_seen},
    touches=("data directory",),
    target=fence_identity,
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
        raise ActionFailed(f"{server.name} still refuses to start: {said}", "See where else cleoFenced stands.")
    forget(ctx.files, server.name)
    return Outcome(ok=True, summary=f"{server.name} can be started again; it is down.", facts={"fenced": False})

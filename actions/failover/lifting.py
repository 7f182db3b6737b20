"""``<type>.unfence``, as it goes for every type: a fenced server may start again."""

from __future__ import annotations

from actions.context import ActionContext
from actions.failover.fence_record import forget
from actions.failover.kind import Kind, S
from actions.failover.means import NOTHING, switched_on
from actions.failover.standing import UNSEEN
from actions.outcome import ActionFailed, Cure, Outcome


def lift(kind: Kind[S], ctx: ActionContext) -> Outcome:
    """Let a fenced server start again: what a device did is taken back, then the line that has its starts refused.

    Raises:
        ActionFailed: its host cannot be reached, the device refuses, or something else refuses its start.
    """
    server, guard = kind.found(ctx), kind.guard
    would = Outcome(ok=True, summary=f"would let {server.name} start again")
    switched = switched_on(kind.fenced(server))
    if switched is False:
        return would
    try:
        stands = guard.stands(server)
    except UNSEEN as error:
        raise ActionFailed(
            f"{server.host} cannot be reached: {error.message}",
            left_behind="Its power or network was switched on." if switched else NOTHING,
            cures=[Cure(words="Once its host answers, run it again: that takes its guard out.", action=guard.undo)],
        ) from error
    if not stands:
        forget(ctx.files, server.name) if not ctx.dry_run else None
        return Outcome(ok=True, summary=f"No fence stands in the configuration of {server.name}.")
    if not ctx.effect(f"take the line out that has every start of {server.name} refused"):
        return would
    guard.take_out(server)
    if said := kind.refused(server):
        raise ActionFailed(f"{server.name} still refuses to start: {said}", f"See where else {guard.name} stands.")
    forget(ctx.files, server.name)
    return Outcome(ok=True, summary=f"{server.name} can be started again; it is down.", facts={"fenced": False})

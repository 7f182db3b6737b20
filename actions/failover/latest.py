"""A standby has the newest state and nothing else: whether that is what the incident recovers to."""

from __future__ import annotations

from actions.context import ActionContext
from actions.outcome import Cure, GateClosed
from journal.plan.model import RECOVERY_POINT


def require_latest(ctx: ActionContext, primary: str) -> None:
    """Stop where the newest state is not wanted: damage that was written is in it, too.

    Args:
        ctx: the promotion's context.
        primary: the system whose standby would be promoted.

    Raises:
        GateClosed: that is not what this incident recovers to.
    """
    incident = ctx.incident
    cause = "its data was changed by mistake" if incident.decisions.get("corruption") == "logical" else ""
    if damage := incident.damaged.get(primary) or cause:
        raise GateClosed(
            "strategy",
            f"A standby replicated what is wrong in {primary}: {damage}. Promoting it cures nothing.",
            yields="never",
            opens="strategy",
            cures=[Cure(words="Pause its replay, and recover from a backup instead.", decision="strategy")],
        )
    point = incident.recovery_point
    decided = point.of(primary) if point else None
    if decided is not None and not decided.latest:
        raise GateClosed(
            "recovery-point",
            f"The recovery point is {decided}; a standby has only its newest state.",
            yields="never",
            opens=RECOVERY_POINT,
            cures=[
                Cure(words="To recover to that point, restore a backup.", decision="strategy"),
                Cure(words="Or recover to the latest.", decision=RECOVERY_POINT),
            ],
        )

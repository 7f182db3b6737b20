"""``status.check``: a quick check of every system, within seconds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from actions.action import action
from actions.outcome import Outcome
from actions.overview.measurements import log_health, measure_all, not_up, unresolved_damage

if TYPE_CHECKING:
    from actions.context import ActionContext

_QUICK_S = 5.0


@action(
    "status.check", script="dr_check_status.sh", unready="it only looks; what can be looked at is told of each system"
)
def status_check(ctx: ActionContext) -> Outcome:
    """Check the status of every system.

    Asks every system of the inventory at the same time, five seconds at most.

    Needs: an inventory, and a way to each system; one that cannot be asked is told as not measured.
    """
    measured = measure_all(ctx, _QUICK_S)
    summary = log_health(ctx, measured)
    facts: dict[str, Any] = {name: health.status for name, health in measured.items()}
    return Outcome(
        ok=bool(measured), summary=summary, facts=facts, findings=[*not_up(measured), *unresolved_damage(ctx)]
    )

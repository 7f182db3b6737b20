"""``health.check``: an in-depth health check of every system."""

from __future__ import annotations

from typing import Any

from actions.action import action
from actions.context import ActionContext
from actions.outcome import Outcome
from actions.overview.measurements import examine_all, log_health, measure_all, not_up, unresolved_damage
from journal.events.types import Cure, Finding, Settling

_PATIENT_S = 15.0


@action(
    "health.check",
    script="dr_health_check.sh",
    params={"comprehensive": "also look at processes, data directories and backups"},
    unready="it only looks; what can be looked at is told of each system",
)
def health_check(ctx: ActionContext, *, comprehensive: bool = False) -> Outcome:
    """Check the health of every system.

    Asks every system for all that its probe measures, fifteen seconds at most; comprehensive, it also takes the closer
    look of the damage report, without its slow parts.

    Needs: an inventory, and a way to each system; a comprehensive one also runs programs on their hosts.
    """
    measured = measure_all(ctx, _PATIENT_S)
    summary = log_health(ctx, measured)
    facts: dict[str, Any] = {name: {"status": h.status, **h.facts} for name, h in measured.items()}
    findings: list[Finding] = []
    cures: list[Cure] = []
    settles: list[Settling] = []
    for name, seen in examine_all(ctx, measured if comprehensive else {}, thorough=False):
        facts[name] |= seen.facts
        findings += seen.findings
        cures += seen.cures
        settles += seen.settles
        for line in seen.lines:
            ctx.log(f"{name}: {line}")
    for finding in findings:
        ctx.log(str(finding), "err")
    summary = " ".join([summary, *(str(finding) for finding in findings[:3])])
    findings = [*not_up(measured), *unresolved_damage(ctx), *findings]
    return Outcome(ok=bool(measured), summary=summary, facts=facts, findings=findings, cures=cures, settles=settles)

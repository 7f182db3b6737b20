"""A closer look at a pooler, for damage report and health check."""

from __future__ import annotations

from actions.context import ActionContext
from actions.examination import Examination
from actions.health import Health
from actions.outcome import Finding
from actions.systems.pooler.compare import compare
from actions.systems.pooler.pooler import Pooler
from actions.systems.pooler.verify import cures
from journal.errors import CleoError
from journal.wording.counting import count

_LOOK_S = 5.0


def examine(ctx: ActionContext, system: str, health: Health, *, thorough: bool) -> Examination:
    """Return where each of its databases leads, and how that differs from what is meant."""
    pooler = Pooler(ctx, system)
    try:
        seen = pooler.look(_LOOK_S)
        findings = compare(pooler, seen, pooler.files())
    except CleoError as error:
        return Examination(findings=[Finding(severity="warning", about=system, text=f"not looked at: {error.message}")])
    lines = [
        f"{one.name}: {one.leads_to}, {count(seen.connected([one.name]), 'client')}" for one in seen.databases.values()
    ]
    return Examination(
        lines=[seen.version, *lines],
        findings=findings,
        cures=cures([finding for finding in findings if finding.severity == "wrong"]),
    )

"""``damage.report``: what is damaged, what there is to recover from, and how much would be lost."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from actions.action import action
from actions.context import ActionContext
from actions.outcome import Outcome
from actions.overview.measurements import examine_all, measure_all
from journal.store.whole_file import replace_whole

_PATIENT_S = 15.0


@action(
    "damage.report", script="dr_damage_report.sh", unready="it only looks; what can be looked at is told of each system"
)
def damage_report(ctx: ActionContext) -> Outcome:
    """Write the damage report.

    Looks closely at every system: what is damaged, what can be recovered from, how much would be lost, and which step
    is needless or impossible.

    Needs: an inventory, and a way to each system's host; what could not be looked at is said.

    Leaves: the report, `damage_<time>.log` in the incident's folder. Nothing on the systems.
    """
    now = datetime.now(UTC)
    lines = [f"Damage report, {now:%Y-%m-%d %H:%M:%S} UTC, incident {ctx.incident.id} {ctx.incident.title}".rstrip()]
    facts: dict[str, Any] = {}
    findings, cures, settles, summary = [], [], [], []
    measured = measure_all(ctx, _PATIENT_S)
    for name, seen in examine_all(ctx, measured, thorough=True):
        health = measured[name]
        facts[name] = {"status": health.status, **seen.facts}
        findings += seen.findings
        cures += seen.cures
        settles += seen.settles
        summary.append(f"{name} is {health.status}" + (f", {seen.summary}" if seen.summary else ""))
        lines += ["", f"{name}: {health.status}", *(f"  {line}" for line in (health.detail, *seen.lines))]
    for line in lines:
        ctx.log(line)
    place = ctx.files / f"damage_{now:%Y%m%d_%H%M%S}.log"
    if ctx.effect(f"write {place}"):
        replace_whole(place, (ctx.without_secrets("\n".join(lines)) + "\n").encode())
    words = "; ".join(summary) + "." if summary else "The inventory has no systems."
    facts["file"] = str(place)
    return Outcome(ok=True, summary=words, facts=facts, findings=findings, cures=cures, settles=settles)

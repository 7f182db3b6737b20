"""``backups.verify``: what there is and how old, and whether the log is without a gap; in full, every file read."""

from __future__ import annotations

from typing import Any

from actions.action import action
from actions.backups.engine import Checked, find_engine, target
from actions.backups.listing import described, what_is_wrong
from actions.context import ActionContext
from actions.outcome import Finding, Outcome
from journal.wording.counting import count
from journal.wording.durations import rough_duration


@action(
    "backups.verify",
    script="dr_verify_backups.sh",
    resumable=True,
    target=target,
    params={"full": "read every file of the repository; takes as long as reading it takes"},
)
def verify(ctx: ActionContext, *, full: bool = False) -> Outcome:
    """Verify the backups."""
    engine = find_engine(ctx)
    listed = engine.list(ctx, ctx.system)
    whole = full and ctx.effect("read every file of the repository")
    checked = engine.verify(ctx, ctx.system) if whole else None
    findings = [*what_is_wrong(listed), *(checked.findings if checked else ())]
    for finding in findings:
        ctx.log(str(finding), "err")
    facts = described(listed)
    depth = "every file read" if checked else "quick check, files not read"
    return Outcome(
        ok=not findings,
        summary=_wrong(findings) if findings else f"{_there_is(facts, listed.log)} ({depth}).",
        facts={**facts, **_facts_of(checked), "findings": [str(finding) for finding in findings]},
        findings=findings,
        partial="" if checked else "quick check, no backup file was read",
    )


def _there_is(facts: dict[str, Any], log: str) -> str:
    backups = f"{count(facts['backups'], 'backup')}, newest {facts['newest']} ({rough_duration(facts['age_s'])} old)"
    return f"{backups}; {log}" if log else backups


def _facts_of(checked: Checked | None) -> dict[str, Any]:
    if checked is None:
        return {}
    return {"sound": list(checked.sound), "damaged": list(checked.damaged), **checked.facts}


def _wrong(findings: list[Finding]) -> str:
    more = f", and {len(findings) - 3} more" if len(findings) > 3 else ""
    named = "; ".join(str(finding) for finding in findings[:3])
    return f"{count(len(findings), 'finding')}: {named}{more}."

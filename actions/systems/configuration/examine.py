"""A closer look at a configuration, for damage report and health check: which files are not as they were pushed."""

from __future__ import annotations

from actions.context import ActionContext
from actions.examination import Examination
from actions.health import Health
from actions.outcome import Cure, Finding
from actions.systems.configuration.host import RESTORE, Configuration, doubts, named, of_kind
from journal.errors import CleoError
from journal.wording.counting import count

_QUICK_S = 5.0
_DIFF = Cure(words="See how they differ.", action="configuration.diff")


def examine(ctx: ActionContext, system: str, health: Health, *, thorough: bool) -> Examination:
    """Return what differs from the branch's head; a thorough look waits longer for the remote."""
    found = Configuration(ctx, system)
    try:
        seen = found.look(timeout_s=60.0 if thorough else _QUICK_S)
    except CleoError as error:
        return Examination(findings=[Finding(severity="warning", about=system, text=f"not looked at: {error.message}")])
    if why := seen["stranger"] or seen["wrong"]:
        return Examination(findings=[Finding(severity="warning", about=system, text=why)], lines=[why])
    head, differ = seen["head"], seen["differ"]
    missing = of_kind(seen, "missing")
    lines = [f"head {head['id'][:12]} of {head['at']}, by {head['by']}: {head['subject']}"]
    lines += [f"{each['kind']}: {each['path']}" for each in differ[:50]]
    findings = doubts(seen)
    if missing:
        text = f"{count(len(missing), 'file is', 'files are')} missing: {named(missing)}"
        findings.append(
            Finding(severity="wrong", about=found.place, text=text, cure=RESTORE.words, system=system, on_disk=True)
        )
    cures = [RESTORE] if missing else [_DIFF] if differ else []
    return Examination(facts={"differing": len(differ)}, lines=lines, findings=findings, cures=cures)

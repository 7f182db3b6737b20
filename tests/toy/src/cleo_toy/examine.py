"""A closer look at a toy store, for damage report and health check."""

from __future__ import annotations

from actions.context import ActionContext
from actions.examination import Examination
from actions.health import Health
from actions.outcome import Finding, Settling
from cleo_toy.toy import RESTORE, Toy
from journal.errors import CleoError


def examine(ctx: ActionContext, system: str, health: Health, *, thorough: bool) -> Examination:
    """Return what lies in the store's folder, and the copies; a thorough look at copies reads each of them."""
    toy = Toy(ctx, system)
    try:
        seen, copies = toy.look(10), toy.copies(60) if thorough else []
    except CleoError as error:
        return Examination(lines=[f"not looked at: {error.message}"])
    lines = [f"data: {seen['data']}", f"process: {seen['pid'] or 'none'}"]
    lines += [f"copy {copy['label']}: {copy['error'] or 'sound'}" for copy in copies]
    lines += [f"put aside: {name}" for name in seen["kept"]]
    findings = []
    if seen["data"] != "whole":
        findings = [
            Finding(
                severity="wrong",
                about="data",
                text=f"it is {seen['data']}",
                cure=RESTORE.words,
                system=system,
                on_disk=True,
            )
        ]
    if seen["pid"] and "serial" in health.facts:
        use = Settling(action="toy.start", use="needless", words="it answers")
    elif seen["data"] != "whole" and not seen["pid"]:
        use = Settling(action="toy.start", use="impossible", words=f"its data is {seen['data']}")
    else:
        use = Settling(action="toy.start", use="open")
    facts = {"data": seen["data"]} | ({"newest_commit_at": seen["newest"]} if seen.get("newest") else {})
    return Examination(facts=facts, lines=lines, findings=findings, settles=[use], summary=f"data {seen['data']}")

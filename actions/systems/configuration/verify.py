"""``configuration.verify``: what runs is, byte for byte, what the commit has."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from actions.action import action
from actions.context import ActionContext
from actions.outcome import Finding, Outcome
from actions.systems.configuration.diff import KINDS
from actions.systems.configuration.host import (
    RESTORE,
    Configuration,
    doubts,
    find_configuration,
    identity,
    named,
    of_kind,
)
from journal.wording.counting import count


@action("configuration.verify", target=identity, params={"commit": "compare with this one, by its id"})
def verify(ctx: ActionContext, *, commit: str = "") -> Outcome:
    """Verify that what runs is what Git has.

    Byte for byte, against the commit that was restored, else the one that the recovery point leads to.

    Needs: git on the host, and the remote; where that cannot be reached, what the mirror has.

    Leaves: what was fetched, in `mirror`.
    """
    found = find_configuration(ctx)
    record = found.look()["restored"]
    ours = record["commit"] if record and record["incident"] == ctx.incident.id else ""
    seen = found.look_well(commit or ours or found.point(""))
    findings = [*_differences(found, seen), *doubts(seen)]
    wrong = any(finding.severity == "wrong" for finding in findings)
    chosen = seen["commit"]
    said = "; ".join(finding.text for finding in findings if finding.about == found.name)
    return Outcome(
        ok=not wrong,
        summary=f"{found.name}: {count(seen['files'], 'file')} of commit {chosen['id'][:12]} compared: "
        f"{said or 'every one is byte for byte as in it'}.",
        facts={"commit": chosen["id"], "files": seen["files"], "newest_commit_at": chosen["at"]},
        findings=findings,
        cures=[RESTORE] if wrong else [],
        examined=[found.name],
    )


def _differences(found: Configuration, seen: Mapping[str, Any]) -> Iterator[Finding]:
    """Yield a finding for each kind of difference: what the commit does not have may be anybody's."""
    for kind, words in KINDS.items():
        if paths := of_kind(seen, kind):
            text = f"{count(len(paths), 'file')} {words}: {named(paths)}"
            if kind == "extra":
                yield Finding(severity="warning", about=found.name, text=text, cure="Ask whose they are.")
            else:
                yield Finding(
                    severity="wrong", about=found.name, text=text, cure=RESTORE.words, system=found.name, on_disk=True
                )

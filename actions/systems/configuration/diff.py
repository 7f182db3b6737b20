"""``configuration.diff``: what runs beside what Git has at the recovery point, shown before anything is restored."""

from __future__ import annotations

from actions.action import action
from actions.context import ActionContext
from actions.outcome import Cure, Finding, Outcome
from actions.systems.configuration.host import doubts, find_configuration, identity, named, of_kind
from journal.wording.counting import count

_RESTORE = Cure(words="Restore it from Git, if what runs is not what shall run.", action="configuration.restore")
KINDS = {
    "missing": "missing",
    "changed": "changed",
    "mode": "with another mode",
    "kind": "replaced by a folder or link",
    "extra": "that the commit does not have",
}
"""How a file can differ, in words."""


@action("configuration.diff", target=identity, params={"commit": "compare with this one, by its id"})
def diff(ctx: ActionContext, *, commit: str = "") -> Outcome:
    """Show how what runs differs from Git.

    At the recovery point, or at a commit that is named. File by file, with secrets blotted out.

    Needs: git on the host, and the remote; where that cannot be reached, what the mirror has.

    Leaves: what was fetched, in `mirror`.
    """
    found = find_configuration(ctx)
    seen = found.look_well(found.point(commit), show=True)
    chosen = seen["commit"]
    findings = doubts(seen)
    for kind, words in KINDS.items():
        if paths := of_kind(seen, kind):
            text = f"{count(len(paths), 'file')} {words}: {named(paths)}"
            findings.append(Finding(severity="warning", about=found.name, text=text, cure="Whose work is that?"))
    number = count(len(seen["differ"]), "difference")
    at = f"{chosen['id'][:12]} of {chosen['at'][:16].replace('T', ' ')} UTC ({chosen['subject']})"
    return Outcome(
        ok=True,
        summary=f"{found.name}: {number} to commit {at}.",
        facts={"commit": chosen["id"], "differing": len(seen["differ"])},
        findings=findings,
        cures=[_RESTORE] if seen["differ"] else [],
    )

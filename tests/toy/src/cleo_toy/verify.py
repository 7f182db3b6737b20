"""``toy.verify``: is what the store answers what lies on its disk, and as it was written?"""

from __future__ import annotations

from actions.action import action
from actions.context import ActionContext
from actions.outcome import Finding, Outcome
from cleo_toy.toy import RESTORE, find_toy, identity


@action("toy.verify", script="toy_verify.sh", target=identity)
def verify(ctx: ActionContext) -> Outcome:
    """Verify the store's data: read everything, and compare it with the file.

    Needs: the store running.
    """
    toy = find_toy(ctx)
    seen = toy.look()
    if seen["data"] != "whole":
        wrong = [
            Finding(
                severity="wrong",
                about="data",
                text=f"it is {seen['data']}",
                cure=RESTORE.words,
                system=toy.name,
                on_disk=True,
            )
        ]
        return Outcome(
            ok=False,
            summary=f"{toy.name}'s data is {seen['data']}.",
            findings=wrong,
            cures=[RESTORE],
            examined=[toy.name],
        )
    entries = toy.ask("all", 30)["entries"]
    for key, value in sorted(entries.items()):
        ctx.log(f"{key} = {value}")
    facts = {"entries": len(entries)} | ({"newest_commit_at": seen["newest"]} if seen["newest"] else {})
    return Outcome(ok=True, summary=f"{len(entries)} entries read, whole.", facts=facts, examined=[toy.name])

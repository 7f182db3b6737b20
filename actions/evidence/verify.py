"""``evidence.verify``: the evidence that was preserved is there, and nobody changed it."""

from __future__ import annotations

from actions.action import action
from actions.context import ActionContext
from actions.evidence.place import Kept, kept_evidence, machine_of, target
from actions.evidence.scripts import CHECK
from actions.machine.machine import last_words
from actions.outcome import ActionFailed, Cure, Finding, Outcome
from journal.wording.counting import count

_CHECK_S = 6 * 3600.0
_NAMED = 20
_AGAIN = Cure(
    words="Find out who changed it. What is still there can be preserved anew, as another copy.",
    action="evidence.preserve",
)


@action("evidence.verify", target=target)
def verify(ctx: ActionContext) -> Outcome:
    """Verify the evidence.

    Reads every file of every copy that this incident made of the system, and compares it with the manifest; and the
    manifest with the digest that was written down as it was made.

    Needs: what evidence.preserve needs, but no room.
    """
    copies = kept_evidence(ctx)
    if not copies:
        raise ActionFailed(
            f"This incident has no evidence of {ctx.system}.",
            cures=[Cure(words="Preserve it.", action="evidence.preserve")],
        )
    wrong = [(kept, line) for kept in copies for line in _differences(ctx, kept)]
    files = sum(kept.files for kept in copies)
    findings = [
        Finding(severity="wrong", about=f"evidence {kept.folder.rpartition('/')[2]}", text=line)
        for kept, line in wrong[:_NAMED]
    ]
    if not wrong:
        return Outcome(
            ok=True,
            summary=f"{count(files, 'file')} of {count(len(copies), 'copy', 'copies')} are as they were preserved.",
            facts={"files": files, "changed": 0},
        )
    return Outcome(
        ok=False,
        summary=f"The evidence was changed: {wrong[0][1]}{f' and {len(wrong) - 1} more' if wrong[1:] else ''}.",
        facts={"files": files, "changed": len(wrong)},
        findings=findings,
        cures=[_AGAIN],
    )


def _differences(ctx: ActionContext, kept: Kept) -> list[str]:
    """Return what is not as it was preserved, a line each.

    Raises:
        ActionFailed: nobody can tell.
    """
    machine = machine_of(ctx, kept.host)
    if not machine.exists(kept.folder):
        return [f"{kept.host}:{kept.folder} is gone"]
    done = machine.query(["sh", "-c", CHECK, "sh", kept.folder], timeout_s=_CHECK_S)
    lines = done.out.splitlines()
    if done.code != 0 or not lines:
        raise ActionFailed(f"The evidence in {kept.folder} cannot be read: {last_words(done)}")
    digest = next((line.split()[1] for line in lines if line.startswith("manifest ")), "")
    other = [f"its manifest is another one than {kept.manifest[:16]}…"] if digest not in ("", kept.manifest) else []
    words = {"gone": "is gone", "changed": "was changed", "added": "was added"}
    return other + [
        f"{name} {words[kind]}" for kind, _, name in (line.partition(" ") for line in lines) if kind in words
    ]

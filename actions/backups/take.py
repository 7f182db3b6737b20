"""``backups.take``: a new backup, and beside it the manifest of what it holds."""

from __future__ import annotations

import time
from typing import Any

from actions.action import action
from actions.backups.engine import BackupEngine, by_hand, find_engine, target
from actions.backups.holding import GATE
from actions.context import ActionContext
from actions.gate import decide
from actions.outcome import ActionFailed, Cure, GateClosed, Outcome
from journal.incident.spared import Standing

_NOTHING = "nothing was recovered or verified yet in this incident: a backup now would hold the damage"
_YOURSELF = "Look at the system yourself; if it is whole, say so: a backup is then taken all the same."
"""What helps where nothing in the incident's plan tells more of a system."""


@action(
    "backups.take",
    probe="backups.verify",
    gates=("sound-data",),
    touches=("data directory", "repository", "hold"),
    target=target,
    by_hand=by_hand("take"),
    params={
        "kind": "full, or another kind that the system's backups have (diff, incr)",
        "repository": "the number of the repository to take it into; 0: the first",
    },
)
def take(ctx: ActionContext, *, kind: str = "full", repository: int = 0) -> Outcome:
    """Take a new backup.

    Takes one with the system's own engine, and the manifest of what it holds. While backups are held, none is taken
    until this incident has recovered the system, unless it was decided that it is not affected and every look agrees.

    Needs: the system running and sound; room in the repository; where that is on another machine, Cleo's Python there
    (`backups: python`; not for pgBackRest).

    Leaves: a new backup; what is old expires by schedule only. Redis also writes its own RDB file anew.

    Killed half way: what was begun is no backup. pgBackRest's next one goes on with it or removes it; of restic a lock
    may be left (files.unlock); a repository of ours has `.incomplete-<id>`, which the next backup removes.
    """
    engine = find_engine(ctx)
    options = {"repository": repository} if repository else {}
    _require_known(ctx, engine, kind, options)
    _require_hold_lets(ctx, engine)
    begun = time.monotonic()
    taken = engine.take(ctx, ctx.system, kind, options)
    if taken.set is None:
        return Outcome(ok=True, summary=f"would take a {kind} backup{taken.where}")
    label, why = taken.set.label, taken.set.unusable
    if why:
        verify = ctx.inventory.type_of(ctx.system).role("verify")
        cure = Cure(words="Find out what is wrong with the data.", action=verify)
        summary = f"Backup {label} {why}: it is not restored from."
        return Outcome(
            ok=False,
            summary=summary,
            facts={"backup": label, **taken.facts},
            findings=list(taken.findings),
            cures=[cure] if verify else [],
        )
    return Outcome(
        ok=True,
        summary=f"Backup {label} is taken{taken.where}{'' if taken.manifest else ', without a manifest'}.",
        facts={
            "backup": label,
            "bytes": taken.set.size,
            "seconds": round(time.monotonic() - begun, 1),
            "manifest": taken.manifest,
            **taken.facts,
        },
        findings=list(taken.findings),
    )


def _require_known(ctx: ActionContext, engine: BackupEngine, kind: str, options: dict[str, Any]) -> None:
    """Refuse what this system's backups do not have, before anything is begun."""
    if kind not in engine.kinds:
        full = Cure(words="Take a full backup.", action="backups.take", params={"kind": "full"})
        hint = f"One of: {', '.join(engine.kinds)}."
        raise ActionFailed(f"{kind!r} is no kind of backup of {ctx.system}.", hint, cures=[full])
    if unknown := [name for name in options if name not in engine.options]:
        words = f"Leave it out: {', '.join(unknown)}."
        without = Cure(words=words, action="backups.take", params=dict.fromkeys(unknown, 0))
        raise ActionFailed(f"The backups of {ctx.system} know no {' or '.join(unknown)}.", cures=[without])


def _require_hold_lets(ctx: ActionContext, engine: BackupEngine) -> None:
    """While backups are held, one is taken only of what this incident recovered, and of what the damage spared.

    The old ones stay, expiry is off. That nobody said anything of a system is no proof that it was spared, and who else
    holds it may know more than this incident.
    """
    held, standing = engine.read_hold(ctx, ctx.system), ctx.incident.standing or Standing(why=_NOTHING)
    others = held.others(ctx.incident.id)
    if not held.holders or (standing.spared and not others) or engine.recovered(ctx, ctx.system):
        return
    why = standing.why or f"of them {', '.join(others)} may know of damage that this incident does not"
    cure = standing.cure or Cure(words=_YOURSELF, override=GATE)
    closed = GateClosed(
        GATE,
        f"Backups are held for {', '.join(held.holders)}, and {why}.",
        f"{cure.words} Or release the hold (backups.release).",
        yields="reason",
        opens=cure.action or cure.decision or "backups.release",
        cures=[cure],
    )
    decide(ctx, closed, "A backup is taken while they are held")

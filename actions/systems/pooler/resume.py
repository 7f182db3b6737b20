"""``pooler.resume``: clients that a paused pooler has wait go on."""

from __future__ import annotations

from actions.action import action
from actions.context import ActionContext
from actions.machine.machine import last_words
from actions.outcome import ActionFailed, Outcome
from actions.systems.pooler import by_hand
from actions.systems.pooler.commands import resume_words
from actions.systems.pooler.pooler import find_pooler, identity
from journal.wording.counting import count


@action(
    "pooler.resume",
    probe="pooler.verify",
    resumable=True,
    touches=("pooler",),
    target=identity,
    by_hand=by_hand.resume,
)
def resume(ctx: ActionContext) -> Outcome:
    """Let a paused pooler's clients go on.

    They go where it leads now: see first whether that is the primary (pooler.verify).

    Needs: its admin console.

    Leaves: none of the inventory's databases paused.

    Killed half way: some are paused still; run it again.
    """
    pooler = find_pooler(ctx)
    seen = pooler.look()
    paused = seen.paused(pooler.settings.databases)
    if not paused:
        return Outcome(ok=True, summary=f"{pooler.name}: no database is paused.")
    waiting, longest = seen.waits(paused)
    to = ", ".join(sorted({seen.databases[name].leads_to for name in paused}))
    words = f"resume {', '.join(paused)} of {pooler.name}: {count(waiting, 'client')} go on, to {to}"
    if not ctx.effect(words):
        return Outcome(ok=True, summary=f"would {words}")
    for name in paused:
        if (done := pooler.admin(resume_words(name))).code:
            raise ActionFailed(f"{pooler.name} does not resume {name}: {last_words(done)}.", "See its log on its host.")
    if still := pooler.look().paused(paused):
        raise ActionFailed(f"{', '.join(still)} of {pooler.name} is paused again.", "Find who pauses it.")
    return Outcome(
        ok=True,
        summary=f"{pooler.name}: {', '.join(paused)} goes on, to {to}; {count(waiting, 'client')} had waited, "
        f"{longest:.0f} s at most.",
        facts={"had_waited": waiting},
    )

"""Whether the devices that fence a system from outside answer, and say that it is not fenced now."""

from __future__ import annotations

from collections.abc import Iterator

from actions.context import ActionContext
from actions.failover.commands import fenced_line
from actions.failover.settings import Fence
from actions.machine.machine import last_words
from journal.errors import CleoError
from journal.readiness.finding import ReadyFinding, State


def look_at_fences(ctx: ActionContext, system: str, fence: Fence) -> Iterator[ReadyFinding]:
    """Yield what each means of a system's fence says of its state; none is used."""
    action = f"{ctx.inventory.systems[system].type}.fence"
    for means in ("power", "network"):
        commands = fence.commands(means)
        if commands is None:
            continue
        state: State = "ok"
        words = "it answers, and says that the system is not fenced"
        cure = f"Try its command on {commands.host} by hand: {commands.state[0]}"
        try:
            done = ctx.query(commands.host, commands.state, timeout_s=15)
        except CleoError as error:
            state, words = "not measured", error.message
        else:
            if done.code != 0:
                state, words = "wrong", f"it cannot be asked: {last_words(done)}"
            elif fenced_line(commands, done.out):
                state, words, cure = "wrong", "it says that the system is fenced now", "Lift that, where it is over."
        yield ReadyFinding(
            about=f"fence of {system} by {means}",
            state=state,
            words=words,
            cure="" if state == "ok" else cure,
            systems=[system],
            actions=[action],
        )

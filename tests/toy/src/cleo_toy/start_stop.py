"""``toy.start``, ``toy.stop``, ``toy.is_running``."""

from __future__ import annotations

from actions.action import action
from actions.context import ActionContext
from actions.outcome import ActionFailed, Outcome
from cleo_toy.toy import RESTORE, find_toy, identity


@action("toy.is_running", target=identity)
def is_running(ctx: ActionContext) -> Outcome:
    """Tell whether the store runs, and in what state its data is.

    Needs: its host.
    """
    toy = find_toy(ctx)
    seen = toy.look()
    runs = f"runs (pid {seen['pid']})" if seen["pid"] else "is down"
    facts = {"running": bool(seen["pid"]), "data": seen["data"]}
    return Outcome(ok=bool(seen["pid"]), summary=f"{toy.name} {runs}; its data is {seen['data']}.", facts=facts)


@action(
    "toy.start",
    script="toy_start.sh",
    probe="toy.is_running",
    resumable=True,
    touches=("data directory",),
    target=identity,
)
def start(ctx: ActionContext) -> Outcome:
    """Start the store.

    Needs: whole data in its folder.

    Leaves: it running.

    Killed half way: it runs or it does not; run it again.
    """
    toy = find_toy(ctx)
    seen = toy.look()
    if seen["pid"]:
        return Outcome(ok=True, summary=f"{toy.name} was already up (pid {seen['pid']}).")
    if seen["data"] != "whole":
        raise ActionFailed(
            f"{toy.name} cannot be started: its data is {seen['data']}.", left_behind="It is down.", cures=[RESTORE]
        )
    if not ctx.effect(f"start {toy.name}"):
        return Outcome(ok=True, summary=f"would start {toy.name}")
    toy.run("start", "start", str(toy.settings.port))
    status = toy.ask("status")
    came_back = {"recovered_to": status["newest"], "newest_commit_at": status["newest"]} if status["newest"] else {}
    return Outcome(ok=True, summary=f"{toy.name} is up, serial {status['serial']}.", facts=came_back)


@action(
    "toy.stop",
    script="toy_stop.sh",
    destructive=True,
    probe="toy.is_running",
    resumable=True,
    touches=("data directory",),
    target=identity,
)
def stop(ctx: ActionContext) -> Outcome:
    """Stop the store.

    Needs: the right to end its process.

    Leaves: it down, its data on the disk.

    Killed half way: it runs or it does not; run it again.
    """
    toy = find_toy(ctx)
    pid = toy.look()["pid"]
    if not pid:
        return Outcome(ok=True, summary=f"{toy.name} was already down.", facts={"was_running": False})
    if not ctx.effect(f"stop {toy.name} (pid {pid})"):
        return Outcome(ok=True, summary=f"would stop {toy.name}")
    toy.run("stop", "stop")
    return Outcome(ok=True, summary=f"{toy.name} is stopped.", facts={"was_running": True})

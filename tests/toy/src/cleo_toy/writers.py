"""``toy.stop_writers`` and ``toy.allow_writers``: a file beside the data, which the store asks at every write."""

from __future__ import annotations

from actions.action import action
from actions.context import ActionContext
from actions.gate import Closed
from actions.outcome import Outcome
from cleo_toy.toy import Toy, find_toy, identity


@action("toy.writers", target=identity)
def writers(ctx: ActionContext) -> Outcome:
    """Tell whether the store takes writes.

    Needs: its host.
    """
    toy = find_toy(ctx)
    out = toy.look()["read_only"]
    return Outcome(ok=True, summary=f"{toy.name} {'takes no writes' if out else 'takes writes'}.", facts={"out": out})


@action(
    "toy.stop_writers",
    script="toy_stop_writers.sh",
    probe="toy.writers",
    resumable=True,
    touches=("writers",),
    undone_by="toy.allow_writers",
    target=identity,
)
def stop_writers(ctx: ActionContext) -> Outcome:
    """Make the store read-only.

    Needs: the right to write its folder.

    Leaves: a file `read-only` there, until toy.allow_writers.

    Killed half way: the file is there or is not; run it again.
    """
    toy = find_toy(ctx)
    if toy.look()["read_only"]:
        return Outcome(ok=True, summary=f"{toy.name} took no writes already.")
    if ctx.effect(f"make {toy.name} read-only"):
        ctx.run("forbid", toy.settings.host, ["touch", _marker(toy)])
    return Outcome(ok=True, summary=f"{toy.name} takes no writes.")


@action(
    "toy.allow_writers",
    script="toy_allow_writers.sh",
    probe="toy.writers",
    resumable=True,
    gates=("sound-data",),
    touches=("writers",),
    target=identity,
)
def allow_writers(ctx: ActionContext) -> Outcome:
    """Let the store take writes again.

    Needs: the right to write its folder.

    Leaves: its folder without the file.

    Killed half way: the file is there or is not; run it again.
    """
    toy = find_toy(ctx)
    if not toy.look()["read_only"]:
        return Outcome(ok=True, summary=f"{toy.name} took writes already.")
    if ctx.effect(f"let {toy.name} take writes"):
        ctx.run("allow", toy.settings.host, ["rm", "-f", _marker(toy)])
    return Outcome(ok=True, summary=f"{toy.name} takes writes.")


def kept_out(ctx: ActionContext) -> Closed | None:
    """A gate: the store takes no writes."""
    if find_toy(ctx).look()["read_only"]:
        return None
    return Closed("one-writer", "Writers are not stopped: it takes writes.", "reason and target", "toy.stop_writers")


def _marker(toy: Toy) -> str:
    return f"{toy.settings.place()}/read-only"

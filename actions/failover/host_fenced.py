"""Whether a whole host is cut off from outside, whichever of its systems that was done for: by a device, or a word."""

from __future__ import annotations

from collections.abc import Iterator

from actions.context import ActionContext
from actions.failover.commands import says_fenced
from actions.failover.fence_record import DEVICES, FenceRecord
from actions.failover.settings import Fence, FenceCommands
from actions.failover.standing import UNSEEN
from actions.outcome import ActionFailed


def host_is_fenced(ctx: ActionContext, host: str) -> str:
    """Return what tells that a host is powered off or cut off now; empty: nothing does.

    Every device is asked that the inventory names for one of its systems; then who said in this incident that it is.

    Raises:
        ActionFailed: what is written down of a fence cannot be read.
    """
    for commands in _devices(ctx, host):
        try:
            said = says_fenced(ctx, commands)
        except (*UNSEEN, ActionFailed) as error:
            ctx.log(f"A device of {host} cannot be asked: {error.message}", "err")
            continue
        if said:
            return f"`{' '.join(commands.state)}` says {said!r}"
        ctx.log(f"`{' '.join(commands.state)}` does not say {commands.fenced_says!r}.")
    for name, one in ctx.inventory.systems.items():
        record = FenceRecord.of(ctx.files, name) if one.host == host else None
        if record and record.means == "word":
            return f"on the word of a person, for {name}: {record.reason}"
    return ""


def ways_to_fence(ctx: ActionContext, host: str) -> list[str]:
    """Return the commands that the inventory names to cut a host off, each with the host that it runs on."""
    return [f"`{' '.join(commands.fence)}` on {commands.host}" for commands in _devices(ctx, host)]


def _devices(ctx: ActionContext, host: str) -> Iterator[FenceCommands]:
    seen = set[tuple[str, ...]]()
    for one in ctx.inventory.systems.values():
        fence = getattr(one, "fence", None)
        if one.host != host or not isinstance(fence, Fence):
            continue
        for commands in filter(None, map(fence.commands, DEVICES)):
            key = (commands.host, *commands.state)
            if key not in seen:
                seen.add(key)
                yield commands

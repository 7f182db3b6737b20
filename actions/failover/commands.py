"""The commands of the inventory that fence a server from outside: by its power, or by its network."""

from __future__ import annotations

import time

from actions.context import ActionContext
from actions.failover.settings import FenceCommands
from actions.machine.machine import last_words
from actions.outcome import ActionFailed

_RUN_S = 120.0
_ASK_S = 20.0
_PROOF_S = 120.0
_PAUSE_S = 1.0


def says_fenced(ctx: ActionContext, commands: FenceCommands) -> str:
    """Ask the device; return its words where they say that the server is fenced, else nothing.

    Raises:
        ActionFailed: the device does not answer.
    """
    done = ctx.query(commands.host, commands.state, timeout_s=_ASK_S)
    if done.code != 0:
        raise ActionFailed(
            f"`{' '.join(commands.state)}` on {commands.host} failed: {last_words(done)}",
            "Without its answer nothing is proven: fence by another means, or by hand.",
        )
    return fenced_line(commands, done.out)


def fenced_line(commands: FenceCommands, out: str) -> str:
    """Return the line of a device's answer that says that the server is fenced; empty: none does."""
    lines = [line.strip() for line in out.splitlines()]
    return next((line for line in lines if commands.fenced_says in line), "")


def switch_off(ctx: ActionContext, commands: FenceCommands) -> str:
    """Fence by the device, and wait until it says so. Call it only where ``effect`` said True.

    Returns:
        The device's words.

    Raises:
        ActionFailed: it refuses, or does not say so in time.
    """
    _run(ctx, "fence-off", commands, commands.fence)
    end = time.monotonic() + _PROOF_S
    while not (said := says_fenced(ctx, commands)):
        if time.monotonic() > end:
            raise ActionFailed(
                f"`{' '.join(commands.fence)}` ran, and after {_PROOF_S:.0f} s `{' '.join(commands.state)}` does not "
                f"say {commands.fenced_says!r}: it is not fenced.",
                "Fence it by another means, or by hand.",
                left_behind="The command ran; what it did is not known.",
            )
        ctx.check_cancelled()
        time.sleep(_PAUSE_S)
    return said


def switch_on(ctx: ActionContext, commands: FenceCommands) -> None:
    """Take a fence by the device back. Call it only where ``effect`` said True.

    Raises:
        ActionFailed: it refuses.
    """
    _run(ctx, "fence-on", commands, commands.unfence)


def _run(ctx: ActionContext, key: str, commands: FenceCommands, argv: list[str]) -> None:
    done = ctx.run(key, commands.host, argv, timeout_s=_RUN_S)
    if done.code != 0:
        raise ActionFailed(
            f"`{' '.join(argv)}` on {commands.host} failed: {last_words(done)}",
            "Fence it by another means, or by hand.",
            left_behind="What the command did is not known.",
        )

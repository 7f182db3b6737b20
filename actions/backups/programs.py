"""Which program runs one of our modules on the host that has a repository."""

from __future__ import annotations

import sys

from actions.context import ActionContext
from actions.outcome import ActionFailed
from actions.transport import LocalHost


def program_on(ctx: ActionContext, host: str, python: str, module: str) -> list[str]:
    """Return the beginning of the command line.

    Args:
        ctx: the action's context.
        host: the host in the inventory.
        python: the Python there that has Cleo's modules; empty: ours, where the host is this machine.
        module: the module.

    Raises:
        ActionFailed: the host is another machine, and the inventory names no Python there.
    """
    if python:
        return [python, "-m", module]
    if isinstance(ctx.inventory.host(host), LocalHost):
        return [sys.executable, "-m", module]
    raise ActionFailed(
        f"Nothing tells which program writes and checks backups on {host}.",
        "Install Cleo there, and name its Python in the inventory (backups: python).",
    )

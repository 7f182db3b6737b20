"""How programs work in a side instance: one at a time, at a low priority, with little memory."""

from __future__ import annotations

from collections.abc import Sequence

from actions.outcome import ActionFailed
from actions.systems.mongodb.side.place import LOCK, Side

CACHE_GB = 0.5
"""GiB of memory for the side instance's mongod: the real server has the machine's."""
BUSY = 75
"""The exit status where another program works in it."""


def side_line(side: Side, program: Sequence[str]) -> list[str]:
    """Return the command line that runs one of our programs in a side instance.

    The lock ends with whoever holds it: the program itself, which ``flock`` becomes.
    """
    lock = f"{side.root}/{LOCK}"
    return ["nice", "-n", "10", "flock", "--no-fork", "-n", "-E", str(BUSY), lock, *program]


def busy(side: Side) -> ActionFailed:
    """Return the error for a side instance that another program works in."""
    return ActionFailed(
        f"Another program works in {side.name} ({side.root}).",
        "Wait for its end, or cancel its run; then run this step again.",
    )

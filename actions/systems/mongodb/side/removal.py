"""Removes a side instance wholly; nothing that is not proven to be one."""

from __future__ import annotations

from actions.machine.side_directory import remove_directory
from actions.systems.mongodb.server import Server
from actions.systems.mongodb.side.place import RECORD, Purpose, Side, side_root


def remove_side(server: Server, side: Side | None, purpose: Purpose = "side") -> None:
    """Remove its directory. No server of it is left running: each ends with the program that started it.

    Call it only where ``effect`` said True.

    Args:
        server: the real server.
        side: what `load_side` found; None: an empty directory may be left all the same.
        purpose: which directory is meant.

    Raises:
        ActionFailed: it is none, a program works in it, or it cannot be removed.
    """
    which = side.record.made if side else "rest"
    remove_directory(server, f"remove-{which}", side_root(server, purpose), RECORD, server.data)

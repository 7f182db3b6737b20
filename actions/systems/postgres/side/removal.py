"""Removes a side instance wholly: its server, its directory; nothing that is not proven to be one."""

from __future__ import annotations

from actions.machine.machine import last_words
from actions.machine.side_directory import remove_directory
from actions.outcome import ActionFailed
from actions.systems.postgres.process import postmaster
from actions.systems.postgres.server import Server
from actions.systems.postgres.side.place import RECORD, Purpose, Side, load_side, side_root

_STOP_S = 60


def remove_side(server: Server, side: Side | None, purpose: Purpose = "side") -> None:
    """Stop a side instance and remove its directory. Call it only where ``effect`` said True.

    Args:
        server: the real server.
        side: what `load_side` found; None: an empty directory may be left all the same.
        purpose: which directory is meant.

    Raises:
        ActionFailed: it is none, or cannot be removed.
    """
    which = side.record.made if side else "rest"
    if side:
        _stop(side)
    root = side_root(server, purpose)
    remove_directory(server, f"remove-{which}", root, RECORD, server.data, sealed="data/pg_tblspc")


def _stop(side: Side) -> None:
    """End its server, at once: nothing in it is worth a checkpoint."""
    if not postmaster(side.server):
        return
    argv = [side.server.program("pg_ctl"), "-D", side.server.data, "-m", "immediate", "-w", "-t", str(_STOP_S), "stop"]
    done = side.server.run(f"stop-{side.record.made}", argv, timeout_s=_STOP_S + 10)
    if pid := postmaster(side.server):
        raise ActionFailed(
            f"{side.server.name} (pid {pid}) does not stop: {last_words(done)}", "End it by hand (kill -QUIT)."
        )


def require_ours(server: Server, purpose: Purpose = "side") -> Side | None:
    """Return the side instance that is there, which is this incident's; None where there is none.

    Raises:
        ActionFailed: it is another incident's.
    """
    side = load_side(server, purpose)
    if side and side.record.incident != server.ctx.incident.id:
        raise ActionFailed(
            f"There is {side.server.name} already, of incident {side.record.incident}: it stands {side.record}.",
            "Ask whether it is still needed; if not, remove it: postgres.pitr_discard. Then run this step again.",
        )
    return side

"""Refuses a restore below a mount point of /etc/fstab that is not mounted."""

from __future__ import annotations

from collections.abc import Sequence

from actions.gate import decide
from actions.machine.directories import Directory
from actions.outcome import Cure, GateClosed
from actions.systems.postgres.server import Server

GATE = "mounted"
_MISSING = """
findmnt --fstab -rno TARGET 2>/dev/null | while read -r at; do findmnt -M "$at" >/dev/null || echo "$at"; done
exit 0
"""


def require_mounted(server: Server, *directories: Directory) -> None:
    """Stop where ``/etc/fstab`` names a file system at, above or below one of these places, and it is not mounted.

    Raises:
        GateClosed: so it is, and nobody decided to go on.
    """
    if not (found := _unmounted(server, directories)):
        return
    at, directory = found
    closed = GateClosed(
        GATE,
        f"{at} is not mounted, and /etc/fstab says that it should be: {directory.path} would be restored to the file "
        f"system {directory.mount}, and be hidden once it is.",
        f"Mount it: mount {at}. If the disk is lost, take it out of /etc/fstab, or go on and say so.",
        cures=[
            Cure(words=f"Mount it (mount {at}), then run it again. If the disk is lost, take it out of /etc/fstab."),
            Cure(
                words="Or go on without it.", override=GATE, cost="once it is mounted, what is restored now is hidden"
            ),
        ],
    )
    decide(server.ctx, closed, f"{at} is not mounted; restored without it")


def _unmounted(server: Server, directories: Sequence[Directory]) -> tuple[str, Directory] | None:
    missing = [at for at in server.query(["sh", "-c", _MISSING]).out.splitlines() if at.startswith("/")]
    touched = (
        (at, directory) for at in missing for directory in directories if _touches(at.rstrip("/"), directory.real)
    )
    return next(touched, None)


def _touches(at: str, real: str) -> bool:
    return f"{real}/".startswith(f"{at}/") or at.startswith(f"{real}/")

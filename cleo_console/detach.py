"""Whether and how a runner can be detached from the terminal that starts it.

``setsid`` is enough unless logind is told to end everything a user left (KillUserProcesses=yes): then only a
scope of the user's own manager survives a logout, and that only where lingering is on.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass

_DEADLINE_S = 3
_KILL_QUESTION = (
    "busctl",
    "get-property",
    "org.freedesktop.login1",
    "/org/freedesktop/login1",
    "org.freedesktop.login1.Manager",
    "KillUserProcesses",
)

Ask = Callable[[Sequence[str]], str]


@dataclass(frozen=True)
class Detachment:
    """What to put before the runner's command, and what to tell the responder before the first action."""

    prefix: tuple[str, ...] = ()
    warning: str = ""


def answer_of(argv: Sequence[str]) -> str:
    """Return what a program prints, or nothing where it is missing, fails or takes too long."""
    if shutil.which(argv[0]) is None:
        return ""
    try:
        return subprocess.run(argv, capture_output=True, text=True, timeout=_DEADLINE_S, check=False).stdout.strip()
    except (OSError, subprocess.TimeoutExpired):
        return ""


def detachment(*, uid: int | None = None, user: str = "", ask: Ask = answer_of) -> Detachment:
    """Return how a runner survives the logout of ``user``.

    Args:
        uid: whose runner; root's processes are never ended at logout.
        user: their name, for lingering.
        ask: runs a program and returns what it prints.
    """
    if (os.getuid() if uid is None else uid) == 0 or ask(_KILL_QUESTION) != "b true":
        return Detachment()
    if ask(("loginctl", "show-user", user or str(uid or os.getuid()), "--property=Linger")) == "Linger=yes":
        return Detachment(prefix=("systemd-run", "--user", "--scope", "--quiet", "--collect"))
    return Detachment(
        warning="Logging out will stop the runner: this system ends what a user leaves (KillUserProcesses=yes). "
        "Enable lingering first: loginctl enable-linger"
    )

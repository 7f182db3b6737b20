"""PostgreSQL's first process: whether it runs, and how it is killed."""

from __future__ import annotations

import signal
import time
from pathlib import Path

from cleo_console.lab.processes import PROC, gone, lab_processes, signal_process
from journal.errors import CleoError


def postmaster(data_directory: Path) -> int | None:
    """The pid of the server that has this data directory open, if it runs."""
    try:
        pid = int((data_directory / "postmaster.pid").read_text().split("\n", 1)[0])
        if (PROC / str(pid) / "exe").readlink().name.startswith("postgres"):
            return pid if (PROC / str(pid) / "cwd").readlink() == data_directory else None
    except (OSError, ValueError):  # no such file, no such process, or not written whole yet: it does not run
        return None
    return None


def kill_postmaster(data_directory: Path) -> int:
    """Kill the server's first process only, wait until the others have noticed, and return its pid.

    Raises:
        CleoError: no server runs there, or its other processes stay.
    """
    pid = postmaster(data_directory)
    process = next((each for each in lab_processes(data_directory) if each.pid == pid), None)
    if process is None:
        raise CleoError("PostgreSQL does not run, so it cannot be killed.", "See `cleo lab status`.")
    signal_process(process, signal.SIGKILL, data_directory)
    if not gone(data_directory, 15.0):
        raise CleoError("PostgreSQL's first process is dead, but others are still there.", "See `cleo lab status`.")
    return process.pid


def is_reaped(pid: int, seconds: float = 15.0) -> bool:
    """Whether a dead process's zombie goes within `seconds`: PostgreSQL takes one for a server that still runs."""
    deadline = time.monotonic() + seconds
    while (PROC / str(pid)).exists():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True

"""A lab's processes: found by what the kernel knows of them, ended without ever touching a stranger's."""

from __future__ import annotations

import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path

from cleo_console.lab.site import TAG
from journal.errors import CleoError

SERVER_PROGRAMS = frozenset({"postgres", "pgbackrest"})
PROC = Path("/proc")


@dataclass(frozen=True)
class Process:
    """One process, named so that a recycled pid is noticed.

    Args:
        pid: its number.
        started: its start time in clock ticks since boot.
        program: its executable's file name.
        arguments: its command line.
        leads: whether it is the first of its session.
    """

    pid: int
    started: int
    program: str
    arguments: tuple[str, ...]
    leads: bool


def lab_processes(directory: Path) -> list[Process]:
    """Every process of the lab in `directory`, however and by whom it was started.

    A process is the lab's when it carries the lab's tag in its environment; or, since PostgreSQL overwrites its
    environment with its title and may have been started by a recovery, when it is a server program that works inside
    the folder or was given a path inside it. A shell that somebody opened in the folder is not.
    """
    pids = [int(entry.name) for entry in PROC.iterdir() if entry.name.isdigit()]
    found = (_identify(pid, str(directory)) for pid in pids if pid != os.getpid())
    return [process for process in found if process]


def running_script(directory: Path, script: str) -> Process | None:
    """The lab's process that runs this script, if there is one; not the subshells it starts."""
    for process in lab_processes(directory):
        if process.leads and any(Path(each).name == script for each in process.arguments):
            return process
    return None


def postmaster(data_directory: Path) -> int | None:
    """The pid of the server that has this data directory open, if it runs."""
    try:
        pid = int((data_directory / "postmaster.pid").read_text().split("\n", 1)[0])
        if (PROC / str(pid) / "exe").readlink().name.startswith("postgres"):
            return pid if (PROC / str(pid) / "cwd").readlink() == data_directory else None
    except (OSError, ValueError):  # no such file, no such process, or not written whole yet: it does not run
        return None
    return None


def end_processes(directory: Path, patience: float = 6.0) -> list[Process]:
    """End every process of the lab: asked first, killed after `patience` seconds.

    Raises:
        CleoError: one of them survives.

    Returns:
        the processes that were found running.
    """
    ended = lab_processes(directory)
    for process in ended:
        _signal(process, signal.SIGQUIT if process.program == "postgres" else signal.SIGTERM, directory)
    if not _gone(directory, patience):
        kill_processes(directory)
    return ended


def kill_processes(directory: Path) -> None:
    """Kill every process that belongs to `directory` (a lab's folder, or just its data directory), at once.

    Raises:
        CleoError: one of them survives.
    """
    if not _gone(directory, 10.0, kill=True):
        left = ", ".join(f"{each.program} ({each.pid})" for each in lab_processes(directory))
        raise CleoError(f"These processes of the lab cannot be ended: {left}.", "Look at them, then try again.")


def kill_postmaster(data_directory: Path) -> int:
    """Kill the server's first process only, wait until the others have noticed, and return its pid.

    Raises:
        CleoError: no server runs there, or its other processes stay.
    """
    pid = postmaster(data_directory)
    process = next((each for each in lab_processes(data_directory) if each.pid == pid), None)
    if process is None:
        raise CleoError("PostgreSQL does not run, so it cannot be killed.", "See `cleo lab status`.")
    _signal(process, signal.SIGKILL, data_directory)
    if not _gone(data_directory, 15.0):
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


def _gone(directory: Path, seconds: float, *, kill: bool = False) -> bool:
    """Whether no process is left, waited for until the deadline; late children are killed too when `kill`."""
    deadline = time.monotonic() + seconds
    while left := lab_processes(directory):
        if time.monotonic() > deadline:
            return False
        for process in left if kill else ():
            _signal(process, signal.SIGKILL, directory)
        time.sleep(0.02)
    return True


def _signal(process: Process, number: signal.Signals, directory: Path) -> None:
    """Send a signal to exactly this process: the pid is pinned first, then compared again."""
    try:
        handle = os.pidfd_open(process.pid)
    except ProcessLookupError:
        return
    try:
        again = _identify(process.pid, str(directory))
        if again and again.started == process.started:
            signal.pidfd_send_signal(handle, number)
    except ProcessLookupError:
        return
    finally:
        os.close(handle)


def _identify(pid: int, directory: str) -> Process | None:
    """The process with this pid if it belongs to the lab; None if it is a stranger's, gone, or not ours to look at."""
    entry = PROC / str(pid)
    try:
        program = Path(_without_mark((entry / "exe").readlink())).name
        arguments = tuple((entry / "cmdline").read_bytes().decode(errors="replace").rstrip("\0").split("\0"))
        if _is_tagged(entry, directory) or (program in SERVER_PROGRAMS and _is_inside(entry, arguments, directory)):
            fields = _stat_fields(entry)
            return Process(pid, int(fields[19]), program, arguments, leads=int(fields[3]) == pid)
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return None
    return None


def _is_tagged(entry: Path, directory: str) -> bool:
    return f"{TAG}={directory}".encode() in (entry / "environ").read_bytes().split(b"\0")


def _is_inside(entry: Path, arguments: tuple[str, ...], directory: str) -> bool:
    inside = f"{directory}/"
    named = any(each.startswith(inside) or f"={inside}" in each for each in arguments)
    return named or f"{_without_mark((entry / 'cwd').readlink())}/".startswith(inside)


def _without_mark(path: Path) -> str:
    """A path as the kernel shows it, without the mark it gets once the file was removed."""
    return str(path).removesuffix(" (deleted)")


def _stat_fields(entry: Path) -> list[str]:
    """The fields of proc(5)'s stat from the third on; they are behind the program's name, which may hold spaces."""
    return (entry / "stat").read_text().rpartition(")")[2].split()

"""A lab's processes: found by what the kernel knows of them, ended without ever touching a stranger's."""

from __future__ import annotations

import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path

from cleo_console.lab.service_types import server_programs
from cleo_console.lab.workspace import TAG
from journal.errors import CleoError

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

    A process is the lab's when it carries the lab's tag in its environment; or, since servers may overwrite their
    environment with their title or be started by a recovery, when it is a server program that works inside the folder
    or was given a path inside it. A shell that somebody opened in the folder is not.
    """
    pids = [int(entry.name) for entry in PROC.iterdir() if entry.name.isdigit()]
    found = (_identify(pid, str(directory)) for pid in pids if pid != os.getpid())
    return [process for process in found if process]


def running_script(directory: Path, script: Path) -> Process | None:
    """The lab's process that runs this script, if there is one; not the subshells it starts."""
    for process in lab_processes(directory):
        if process.leads and str(script) in process.arguments:
            return process
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
        signal_process(process, server_programs().get(process.program, signal.SIGTERM), directory)
    if not gone(directory, patience):
        kill_processes(directory)
    return ended


def kill_processes(directory: Path) -> None:
    """Kill every process that belongs to `directory` (a lab's folder, or one inside it), at once.

    Raises:
        CleoError: one of them survives.
    """
    if not gone(directory, 10.0, kill=True):
        left = ", ".join(f"{each.program} ({each.pid})" for each in lab_processes(directory))
        raise CleoError(f"These processes of the lab cannot be ended: {left}.", "Look at them, then try again.")


def gone(directory: Path, seconds: float, *, kill: bool = False) -> bool:
    """Whether no process is left, waited for until the deadline; late children are killed too when `kill`."""
    deadline = time.monotonic() + seconds
    while left := lab_processes(directory):
        if time.monotonic() > deadline:
            return False
        for process in left if kill else ():
            signal_process(process, signal.SIGKILL, directory)
        time.sleep(0.02)
    return True


def signal_process(process: Process, number: signal.Signals, directory: Path) -> None:
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
        if _is_tagged(entry, directory) or (program in server_programs() and _is_inside(entry, arguments, directory)):
            fields = _stat_fields(entry)
            return Process(pid, int(fields[19]), program, arguments, leads=int(fields[3]) == pid)
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return None
    return None


def _is_tagged(entry: Path, directory: str) -> bool:
    """Whether the process carries the tag of this folder, or of one inside it."""
    inside = f"{TAG}={directory}/"
    variables = (entry / "environ").read_bytes().decode(errors="replace").split("\0")
    return any(f"{each}/".startswith(inside) for each in variables)


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

"""The lease: an flock on the incident's folder, held while a runner lives, so that only one executes.

The kernel frees it when the owner dies, so getting it proves that the owner is gone. What is
written in ``lease.json`` is only shown to people, and names the machine: flocks prove nothing across machines.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import time
from pathlib import Path
from typing import Any

from journal.errors import CleoError
from journal.store.filelock import lock, locked_elsewhere
from journal.store.whole_file import replace_whole

_PATIENCE_S = 2.0


class LeaseHeld(CleoError):
    """Another runner executes for this incident, or a runner on another machine may do so."""


class Lease:
    """The right to execute for one incident; give it back with ``release``.

    Args:
        folder: the incident's folder.

    Raises:
        LeaseHeld: somebody else has it.
    """

    def __init__(self, folder: Path) -> None:
        self._fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        self._folder = folder
        self._note = folder / "lease.json"
        try:
            self.previous = self._take(folder)
        except BaseException:
            os.close(self._fd)
            raise

    def _take(self, folder: Path) -> dict[str, Any]:
        """Lock, then look who had it. Who only asks whether it is held holds it for an instant: be patient."""
        deadline = time.monotonic() + _PATIENCE_S
        while not lock(self._fd, wait=False):
            if time.monotonic() > deadline:
                raise LeaseHeld(f"A runner is at work for {folder.name}: {describe(_read(self._note))}.")
            time.sleep(0.02)
        previous = _read(self._note)
        here = _me()
        if previous and not previous.get("released") and previous.get("machine") != here["machine"]:
            raise LeaseHeld(
                f"A runner on another machine may be at work for {folder.name}: {describe(previous)}.",
                f"Make sure it is dead, then remove {self._note}.",
            )
        self._write(here)
        return previous

    def _write(self, facts: dict[str, Any]) -> None:
        """Note who has the lease. The flock is the lease: a disk that is full or read-only must not stop a recovery."""
        with contextlib.suppress(OSError):
            replace_whole(self._note, json.dumps(facts).encode())

    def stands(self) -> bool:
        """Return whether the folder is still the one that was locked: not removed, nor another by the same name."""
        try:
            return os.path.samestat(os.stat(self._folder), os.fstat(self._fd))  # noqa: PTH116
        except FileNotFoundError:
            return False

    def release(self) -> None:
        """Give the lease back."""
        if self.stands():
            self._write({**_me(), "released": True})
        os.close(self._fd)


def held(folder: Path) -> bool:
    """Return whether a runner on this machine executes for the incident in ``folder``."""
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        return locked_elsewhere(fd)
    finally:
        os.close(fd)


def describe(facts: dict[str, Any]) -> str:
    """Return in words who had a lease."""
    if not facts:
        return "unknown owner"
    started = f"started {facts.get('start')} ticks after boot {facts.get('boot')}"
    return f"pid {facts.get('pid')} on {facts.get('host')}, {started}"


def start_time(pid: int) -> int:
    """Return when a process started, in clock ticks since boot: with its pid and boot, that names it for good."""
    stat = Path(f"/proc/{pid}/stat").read_bytes()
    return int(stat.rsplit(b")", 1)[1].split()[19])


def _read(path: Path) -> dict[str, Any]:
    try:
        facts: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, json.JSONDecodeError):
        return {}
    return facts


def _me() -> dict[str, Any]:
    pid = os.getpid()
    return {
        "pid": pid,
        "host": socket.gethostname(),
        "machine": _machine(),
        "boot": Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip(),
        "start": start_time(pid),
    }


def _machine() -> str:
    """Return what names this machine across boots, or its host name where the system keeps no such id."""
    try:
        return Path("/etc/machine-id").read_text(encoding="ascii").strip() or socket.gethostname()
    except FileNotFoundError:
        return socket.gethostname()

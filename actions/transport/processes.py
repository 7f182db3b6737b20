"""Processes identified by pid, start time and boot id, so that a reused pid is never mistaken for the same process."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from pathlib import Path

import msgspec

_STATE, _SESSION, _START = 0, 3, 19  # fields of /proc/PID/stat after the command's name, proc(5)
_ENDED = {b"Z", b"X", b"x"}


def boot_id() -> str:
    """Return what tells this boot of the machine from every other."""
    return Path("/proc/sys/kernel/random/boot_id").read_text().strip()


def _stat(pid: int) -> list[bytes] | None:
    try:
        raw = Path(f"/proc/{pid}/stat").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return raw.rsplit(b")", 1)[1].split()


class Process(msgspec.Struct, frozen=True):
    """The leader of a session of its own.

    Attributes:
        pid: its process id, which is its session's and process group's too.
        start: when it started, in clock ticks since boot.
        boot: the boot it belongs to.
    """

    pid: int
    start: int
    boot: str

    def alive(self) -> bool:
        """Return whether this very process still runs; a zombie does not."""
        stat = _stat(self.pid)
        return stat is not None and self._is_ours(stat) and stat[_STATE] not in _ENDED

    def stopped(self) -> bool:
        """Return whether it is stopped by a signal or a debugger; see proc(5), T and t."""
        stat = _stat(self.pid)
        return stat is not None and self._is_ours(stat) and stat[_STATE] in {b"T", b"t"}

    def members(self) -> list[int]:
        """Return the ids of all running processes of its session, itself included.

        The kernel hands out no id that still names a session, so where the leader is gone or is still
        the one we started, the session is ours.
        """
        leader = _stat(self.pid)
        if self.boot != boot_id() or (leader is not None and not self._is_ours(leader)):
            return []
        return [pid for pid in _all_pids() if self._has(pid)]

    def signal(self, sig: int) -> bool:
        """Send ``sig`` to every process of the session. Returns whether there was any.

        What we may not signal, such as a program that changed its account, is left alone.
        """
        members = self.members()
        if members:
            _send(os.killpg, self.pid, sig)  # at once, so that none forks away
        for pid in members:
            _send(os.kill, pid, sig)
        return bool(members)

    def _is_ours(self, stat: list[bytes]) -> bool:
        return int(stat[_START]) == self.start and self.boot == boot_id()

    def _has(self, pid: int) -> bool:
        stat = _stat(pid)
        return stat is not None and int(stat[_SESSION]) == self.pid and stat[_STATE] not in _ENDED


def _all_pids() -> list[int]:
    return [int(entry.name) for entry in os.scandir("/proc") if entry.name.isdigit()]


def _send(kill: Callable[[int, int], None], pid: int, sig: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        kill(pid, sig)

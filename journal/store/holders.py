"""Names the processes that hold a lock on a file, as the kernel lists them."""

from __future__ import annotations

import os
import pwd
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

SAID_AFTER_S = 1.0
"""Seconds that somebody waits for a lock before the screen says who holds it."""
_LOCKS = Path("/proc/locks")


def holders(*paths: Path) -> list[str]:
    """Return the other processes that hold a lock on any of these files, as ``program (process ID, of ACCOUNT)``.

    A process of another container, or one that we may not see, is named by its number alone.
    """
    inodes = {(found.st_dev, found.st_ino) for path in paths if (found := _stat(path))}
    return [_in_words(pid) for pid in dict.fromkeys(_pids(inodes)) if pid != os.getpid()]


def who_holds(journal: Path) -> str:
    """Return the other processes that hold a segment or its writers' lock, in words; empty where there is none."""
    return ", ".join(holders(journal.with_name(f"{journal.name}.lock"), journal))


def _stat(path: Path) -> os.stat_result | None:
    with suppress(OSError):
        return path.stat()
    return None


def _pids(inodes: set[tuple[int, int]]) -> Iterator[int]:
    """Yield the ids of processes that hold a lock on one of ``inodes``; lines with an arrow are waiters (proc(5))."""
    with suppress(OSError):
        for line in _LOCKS.read_text().splitlines():
            fields = line.split()
            if "->" in fields or len(fields) < 6:
                continue
            major, minor, inode = fields[5].split(":")
            if (os.makedev(int(major, 16), int(minor, 16)), int(inode)) in inodes:
                yield int(fields[4])


def _in_words(pid: int) -> str:
    try:
        name = Path(f"/proc/{pid}/comm").read_text().strip()
        owner = Path(f"/proc/{pid}").stat().st_uid
    except OSError:
        return f"process {pid}"
    with suppress(KeyError):
        return f"{name} (process {pid}, of {pwd.getpwuid(owner).pw_name})"
    return f"{name} (process {pid}, of account {owner})"

"""Locks on files (flock), and the queue of the processes that write to one journal.

The kernel frees a lock when its owner dies, however that happens. A lock counts on one machine only.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def lock(descriptor: int, *, wait: bool = True, shared: bool = False) -> bool:
    """Lock an open file or folder until it is closed or unlocked.

    Args:
        descriptor: of the file; never of a journal (see `journal.store.connection`).
        wait: wait for as long as it takes; else give up at once when somebody else has it.
        shared: several may have it at once, if all of them ask for it shared.

    Returns:
        Whether we have it.
    """
    kind = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
    try:
        fcntl.flock(descriptor, kind if wait else kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def unlock(descriptor: int) -> None:
    """Give a lock back before its file is closed."""
    fcntl.flock(descriptor, fcntl.LOCK_UN)


def locked_elsewhere(descriptor: int) -> bool:
    """Return whether somebody else has an open file locked for themselves.

    This takes a shared lock until the file is closed, so that two who ask do not mistake each other for the owner.
    """
    return not lock(descriptor, wait=False, shared=True)


class WritersLock:
    """One process's place in the queue for one journal. Not for use by several threads at once.

    SQLite's own ``busy_timeout`` polls with growing pauses and starves whoever is unlucky (4.9 s were seen). A lock on
    a file beside the journal wakes the next one up.

    Args:
        journal: the segment that is written to; the lock lies beside it, as ``journal.db.lock``.
    """

    def __init__(self, journal: Path) -> None:
        self._path = journal.with_name(journal.name + ".lock")
        self._fd: int | None = None

    @contextmanager
    def held(self, *, wait: bool = True) -> Iterator[bool]:
        """Hold the lock for the body of a ``with``; yield whether we have it.

        Args:
            wait: for as long as it takes: the caller's caller has a limit. Else we have it only if nobody else does.

        Raises:
            OSError: the lock's file cannot be opened.
        """
        fd = self._open()
        if not lock(fd, wait=wait):
            yield False
            return
        try:
            yield True
        finally:
            unlock(fd)

    def close(self) -> None:
        """Leave the queue."""
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None

    def _open(self) -> int:
        if self._fd is None:
            # Read-only: flock needs no more, and a team member may not own the file.
            self._fd = os.open(self._path, os.O_RDONLY | os.O_CREAT | os.O_CLOEXEC, 0o664)
        return self._fd

"""The queue in which writers of several processes wait for their turn.

SQLite's own ``busy_timeout`` polls with growing pauses and starves whoever is unlucky (seen: 4.9 s). ``flock`` on a
file beside the journal wakes the next one up. It is never the journal's own file (see `connection`).
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class FileLock:
    """One process's place in the queue for one journal. Not for use by several threads at once."""

    def __init__(self, journal: Path) -> None:
        self._path = journal.with_name(journal.name + ".lock")
        self._fd: int | None = None

    @contextmanager
    def held(self, *, wait: bool = True) -> Iterator[bool]:
        """Keep the turn for the body; say whether it is ours.

        Args:
            wait: for as long as it takes: the caller's caller has a limit. Else it is ours only if nobody has it.

        Raises:
            OSError: the lock's file cannot be opened.
        """
        fd = self._open()
        try:
            fcntl.flock(fd, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        try:
            yield True
        finally:
            fcntl.flock(fd, fcntl.LOCK_UN)

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

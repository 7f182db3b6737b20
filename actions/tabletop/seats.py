"""Who sits at a table: every console holds a shared lock, so that the exercise ends once nobody is left."""

from __future__ import annotations

import os
from pathlib import Path

from journal.store.filelock import lock

_FILE = "seats.lock"


class Seat:
    """One console's place at the table, from now until ``leave`` or the end of its process.

    Args:
        folder: the incident's folder.
    """

    def __init__(self, folder: Path) -> None:
        self._fd = _opened(folder)
        lock(self._fd, shared=True)

    def leave(self) -> None:
        """Give it up."""
        os.close(self._fd)


def nobody_sits_at(folder: Path) -> bool:
    """Return whether no console has a seat; so it is, too, where the folder is gone."""
    try:
        fd = _opened(folder)
    except OSError:
        return True
    try:
        return lock(fd, wait=False)
    finally:
        os.close(fd)


def _opened(folder: Path) -> int:
    return os.open(folder / _FILE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)

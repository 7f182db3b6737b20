"""A flag in memory that a runner raises while it cannot write to the journal.

It lies in memory (``/dev/shm``), not on the disk that gave way, and is readable for its owner alone, unless the
incident's folder is a team's.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import threading
from pathlib import Path

from journal.store.folders import shared

MEMORY = Path("/dev/shm")


class WriteFaultFlag:
    """The flag of one incident.

    Args:
        folder: the incident's folder.
    """

    def __init__(self, folder: Path) -> None:
        name = hashlib.sha256(str(folder.resolve()).encode()).hexdigest()[:24]
        self._path = MEMORY / f"cleo-write-fault-{name}"
        self._mode = 0o644 if folder.is_dir() and shared(folder) else 0o600
        self._up = True  # an earlier runner's may be: who was killed has lowered none
        self._saying = threading.Lock()

    def raise_(self, text: str) -> None:
        """Say what is wrong; an empty text lowers the flag. Any thread may."""
        with self._saying:
            if text:
                self._write(text)
            elif self._up:
                self._remove()
            self._up = bool(text)

    def lower(self) -> None:
        """Say that all is well again."""
        self.raise_("")

    def _write(self, text: str) -> None:
        """Put it there whole: who looks in between must not find all well."""
        beside = self._path.with_suffix(".new")
        # Where there is no such memory the console still learns of it from its own failing writes.
        with contextlib.suppress(OSError):
            descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, self._mode)
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(text)
            beside.replace(self._path)

    def _remove(self) -> None:
        with contextlib.suppress(OSError):  # there is none, or it is another account's
            self._path.unlink()

    def read(self) -> str:
        """Return what is wrong, or an empty text."""
        try:
            return self._path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return ""

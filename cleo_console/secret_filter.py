"""Removes the inventories' secrets from text that people type; the secrets are read in the background."""

from __future__ import annotations

import contextlib
import threading
import time
from pathlib import Path

from journal.errors import CleoError

PATIENCE_S = 3.0
"""Seconds that a text waits for secrets that are still being read; after that it is written unfiltered."""

_LOOK_AGAIN_S = 30.0
"""Seconds after which secrets are read again, because a password may change during an incident."""


class SecretFilter:
    """A `journal.events.typed.Blot`. Secrets that the user may not read are skipped."""

    def __init__(self) -> None:
        self._inventories: set[Path] = set()
        self._lock = threading.Lock()
        self._reading: threading.Thread | None = None
        self._begun = float("-inf")

    def learn(self, *inventories: Path | str | None) -> None:
        """Begin to read the secrets of inventories; returns at once."""
        with self._lock:
            new = {Path(path) for path in inventories if path} - self._inventories
            if new:
                self._inventories |= new
                self._begin()

    def __call__(self, text: str) -> str:
        """Return ``text`` without secrets; from any thread but the screen's."""
        with self._lock:
            old = time.monotonic() - self._begun > _LOOK_AGAIN_S
            if self._reading and old and not self._reading.is_alive():
                self._begin()
            reading, begun = self._reading, self._begun
        if reading:
            reading.join(max(0.0, begun + PATIENCE_S - time.monotonic()))
        from actions.redaction import Redactor

        return Redactor().text(text)

    def _begin(self) -> None:
        asked = (sorted(self._inventories), self._reading)
        self._reading = threading.Thread(target=_read, args=asked, name="secrets", daemon=True)
        self._begun = time.monotonic()
        self._reading.start()


def _read(inventories: list[Path], before: threading.Thread | None) -> None:
    if before:
        before.join()
    from actions.secrets import learn_from_commands, learn_secrets
    from cleo_console.world import inventory_at

    read = []
    for path in inventories:
        with contextlib.suppress(CleoError):
            read.append(inventory_at(path))
            learn_secrets(read[-1])
    for inventory in read:
        learn_from_commands(inventory)

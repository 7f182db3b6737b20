"""Pools the readings of many systems, so that they share one journal transaction."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime
from typing import Any

from journal.store.journal import Journal, JournalError
from journal.store.rows import Reading

GATHER_S = 0.5
"""Seconds for which readings are collected before they are written: each transaction wakes every console."""


class ReadingsPool:
    """Takes readings from any thread, and writes the latest of each name from one of its own.

    Args:
        journal: where to.
        on_fault: told what went wrong with a write, and an empty text once it goes again.
    """

    def __init__(self, journal: Journal, on_fault: Callable[[str], None]) -> None:
        self._journal = journal
        self._on_fault = on_fault
        self._waiting: dict[str, tuple[datetime, dict[str, Any]]] = {}
        self._latest: dict[str, Reading] = {}
        self._changed = threading.Condition()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._write, name="readings", daemon=True)

    def start(self) -> None:
        """Begin to write."""
        self._thread.start()

    def stop(self) -> None:
        """Write nothing more; a write that is under way may still end."""
        self._stop.set()
        with self._changed:
            self._changed.notify_all()
        self._thread.join(GATHER_S)

    def put(self, name: str, payload: dict[str, Any]) -> None:
        """Take a reading that was just made, in place of an earlier one of that name."""
        with self._changed:
            at = self._journal.now()
            self._waiting[name] = (at, payload)
            self._latest[name] = Reading(name, at, payload)
            self._changed.notify_all()

    def latest(self) -> dict[str, Reading]:
        """Return the latest reading of each name that it was given, whether the disk took it or not."""
        with self._changed:
            return dict(self._latest)

    def _write(self) -> None:
        refused = False
        while not self._stop.is_set():
            with self._changed:
                self._changed.wait_for(lambda: self._waiting or self._stop.is_set())
                taken, self._waiting = self._waiting, {}
            try:
                if taken:
                    self._journal.set_readings(taken)
            except JournalError as error:
                self._on_fault(str(error))
                refused = True
            else:
                if refused:  # a reading that goes again is all that tells so where nothing changes
                    self._on_fault("")
                refused = False
            self._stop.wait(GATHER_S)

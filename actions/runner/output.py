"""What a run prints, on its way to the journal: gathered for a moment, written in batches."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime

from journal.store import Journal, JournalWriteFailed, OutputLine

GATHER_S = 0.1
MOST_AT_ONCE = 2_500
"""Lines in one transaction: it is written whole or not at all, so a retry repeats nothing."""
MOST_WAITING = 50_000
"""Lines that may wait in memory; who prints faster than the disk takes it is held up, not lost."""


class OutputPump:
    """Takes a run's lines from any thread and writes them from one of its own.

    Args:
        journal: where to.
        run: whose output.
        trouble: told what went wrong with a write, and an empty text once it goes again.
    """

    def __init__(self, journal: Journal, run: int, trouble: Callable[[str], None]) -> None:
        self._journal = journal
        self._run = run
        self._trouble = trouble
        self._waiting: list[OutputLine] = []
        self._changed = threading.Condition()
        self._closing = False
        self._thread = threading.Thread(target=self._pump, name=f"output-{run}", daemon=True)
        self._thread.start()

    def write(self, stream: str, text: str) -> None:
        """Take one line. Blocks while too many wait."""
        line = OutputLine(self._run, 0, datetime.now(UTC), stream, text)
        with self._changed:
            self._changed.wait_for(lambda: len(self._waiting) < MOST_WAITING)
            self._waiting.append(line)
            if len(self._waiting) == 1:
                self._changed.notify_all()

    def close(self) -> None:
        """Return once everything taken is on the disk, however long the disk refuses it."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        self._thread.join()

    def _pump(self) -> None:
        gathering = threading.Event()
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting or self._closing)
                if not self._waiting:
                    return
            if not self._closing:
                gathering.wait(GATHER_S)
            with self._changed:
                batch, self._waiting = self._waiting, []
                self._changed.notify_all()
            for start in range(0, len(batch), MOST_AT_ONCE):
                self._store(batch[start : start + MOST_AT_ONCE])

    def _store(self, batch: list[OutputLine]) -> None:
        """Write a batch; while the disk refuses, say so and try again: an acknowledged end needs its output."""
        retry = threading.Event()
        while True:
            try:
                self._journal.append_output(self._run, batch)
            except JournalWriteFailed as error:
                self._trouble(str(error))
                retry.wait(1.0)
            else:
                self._trouble("")
                return

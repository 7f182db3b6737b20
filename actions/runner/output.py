"""Collects a run's output for a moment and writes it to the journal in batches."""

from __future__ import annotations

import threading
from collections.abc import Callable

from actions.runner.durable_write import write_until_durable
from journal.store.journal import Journal, OutputLine
from journal.store.output import in_transactions

GATHER_S = 0.1
MOST_WAITING = 4 * 1024 * 1024
"""Characters that may wait in memory. A program that prints faster than the disk can write is slowed down."""
_AROUND_A_TEXT = 200
"""Bytes of overhead of a Python string."""


class OutputPump:
    """Takes a run's output from any thread and writes them from one of its own.

    Args:
        journal: where to.
        run: whose output.
        on_fault: told what went wrong with a write, and an empty text once it goes again.
    """

    def __init__(self, journal: Journal, run: int, on_fault: Callable[[str], None]) -> None:
        self._journal = journal
        self._run = run
        self._on_fault = on_fault
        self._waiting: list[OutputLine] = []
        self._size = 0
        self._changed = threading.Condition()
        self._closing = self._urgent = False
        self._taken = self._stored = 0
        self._thread = threading.Thread(target=self._pump, name=f"output-{run}", daemon=True)
        self._thread.start()

    def write(self, stream: str, text: str) -> None:
        """Take lines that came together, with line breaks between them. Blocks while too much waits."""
        lines = OutputLine(self._run, 0, self._journal.now(), stream, text)
        with self._changed:
            self._changed.wait_for(lambda: self._size < MOST_WAITING)
            self._waiting.append(lines)
            self._taken += 1
            self._size += len(text) + _AROUND_A_TEXT
            if len(self._waiting) == 1:
                self._changed.notify_all()

    def flush(self, most_s: float) -> bool:
        """Return once everything taken so far is on the disk: True; or False where that takes longer than it may.

        Args:
            most_s: seconds after which no more is waited: a disk that takes nothing must not stop a recovery.
        """
        with self._changed:
            wanted = self._taken
            self._urgent = self._stored < wanted
            self._changed.notify_all()
            return self._changed.wait_for(lambda: self._stored >= wanted, most_s)

    def close(self) -> None:
        """Return once everything taken is on the disk, however long the disk refuses it."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        self._thread.join()

    def _pump(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting or self._closing)
                if not self._waiting:
                    return
                self._changed.wait_for(lambda: self._urgent or self._closing, GATHER_S)
                taken, self._waiting, self._size, self._urgent = self._waiting, [], 0, False
                self._changed.notify_all()
            for batch in in_transactions(taken):
                self._store(batch)
            with self._changed:
                self._stored += len(taken)
                self._changed.notify_all()

    def _store(self, batch: list[OutputLine]) -> None:
        """Write a batch, which is one transaction, however long it takes: an acknowledged end needs its output."""
        write_until_durable(lambda: self._journal.append_output(self._run, batch), self._on_fault)

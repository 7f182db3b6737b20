"""Follows a journal: hands over new events as they are written, whichever process wrote them."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Self

from journal.events.types import Event
from journal.store.reader import Reader

POLL_SECONDS = 0.05
"""Seconds between two polls: 25 ms of delay at the median, for 3 µs a poll."""

IDLE_AFTER_SECONDS = 5.0
"""Seconds without an event after which polls are farther apart."""

MOST_EVENTS = 1_000
"""Events that one call returns at most; the rest comes with the next call."""


class Follower:
    """Hands over the events of a journal as they are written. One thread calls ``wait``; any may call ``stop``.

    Leave it as a context manager, or close it, in the thread that waits: it has the journal open.

    Args:
        path: the journal's first file.
        after: the seq of the last event that is known already.
        idle_s: seconds between two polls after ``IDLE_AFTER_SECONDS`` without an event; `poke` polls at once.

    Raises:
        JournalError: the journal cannot be read. So does ``wait``.
    """

    def __init__(self, path: Path, after: int = 0, idle_s: float = POLL_SECONDS) -> None:
        self._idle_s = idle_s
        self._found_at = time.monotonic()
        self._poked = threading.Event()
        self._reader = Reader(path)
        self._seq = after
        self._more = True
        self._stopped = threading.Event()

    def wait(self, timeout: float) -> list[Event]:
        """Return the events since the last call as soon as there are any; none after ``timeout`` seconds, or poked."""
        deadline = time.monotonic() + timeout
        while not self._stopped.is_set():
            if events := self._new():
                return events
            left = deadline - time.monotonic()
            if left <= 0:
                return []
            if self._poked.wait(min(self._pause, left)):
                self._poked.clear()
                return self._new()
        return []

    def stop(self) -> None:
        """End a wait that is under way, and all that follow."""
        self._stopped.set()
        self._poked.set()

    def poke(self) -> None:
        """End a wait that is under way: something was written, or the thread is wanted. Any thread may call it."""
        self._poked.set()

    def close(self) -> None:
        """Let go of the journal; nothing is waited for from now on."""
        self.stop()
        self._reader.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def _pause(self) -> float:
        """Seconds until the next poll. Events arrive in bursts: poll fast after one."""
        return self._idle_s if time.monotonic() - self._found_at > IDLE_AFTER_SECONDS else POLL_SECONDS

    def _new(self) -> list[Event]:
        if not (self._reader.changed() or self._more):
            return []
        events = list(self._reader.events(after=self._seq, limit=MOST_EVENTS))
        self._more = len(events) == MOST_EVENTS
        if events:
            self._seq, self._found_at = events[-1].seq, time.monotonic()
        return events

"""A disk that does not answer in time, for tests: what it was given is written later, and nobody was told."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from journal.events.types import Body, Event
from journal.store.journal import Journal, JournalUnanswered


class SlowDisk:
    """Stands where a journal does. The first event is written once ``answers`` is set, and every other one at once.

    Args:
        journal: what it stands for.
        fails: the first event turns out not to have been written.
    """

    def __init__(self, journal: Journal, fails: Exception | None = None) -> None:
        self.answers, self.waited_for = threading.Event(), threading.Event()
        self.attempts = 0
        self._journal, self._fails = journal, fails
        self._pool = ThreadPoolExecutor(1)

    def append(self, *bodies: Body) -> list[Event]:
        self.attempts += 1
        if self.attempts > 1:
            return self._journal.append(*bodies)
        self._first = self._pool.submit(self._late, *bodies)
        raise self._unanswered()

    def _late(self, *bodies: Body) -> list[Event]:
        self.answers.wait(20)
        if self._fails:
            raise self._fails
        return self._journal.append(*bodies)

    def _unanswered(self) -> JournalUnanswered:
        return JournalUnanswered("It may or may not be written.", "Look at the disk.", self._settle)

    def _settle(self) -> None:
        self.waited_for.set()
        try:
            self._first.result(0.05)
        except TimeoutError:
            raise self._unanswered() from None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._journal, name)

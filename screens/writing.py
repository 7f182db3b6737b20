"""One thread that writes what a person says, in the order in which it was said. Never the screen's own thread."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from journal.desk import Desk
from journal.incident import Incident
from journal.review_desk import ReviewDesk
from journal.store import Journal, Reader

T = TypeVar("T")


class Writing:
    """A desk, and the thread that works at it.

    The desk checks against a state of its own, brought up to the journal's end before every call: the
    screen's state changes under another thread, and may be a moment old.

    Args:
        journal: the incident's journal; closed by `close`.
    """

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="desk")
        self._incident: Incident | None = None
        self._desk = Desk(journal, self._known)
        self._review = ReviewDesk(journal, self._known)

    def submit(self, call: Callable[[Desk], T]) -> Future[T]:
        """Let ``call`` write at the desk; the future holds what it returned or raised."""
        return self._pool.submit(self._work, lambda: call(self._desk))

    def submit_review(self, call: Callable[[ReviewDesk], T]) -> Future[T]:
        """Like `submit`, for what belongs to the report: calls, fields, action items, signatures."""
        return self._pool.submit(self._work, lambda: call(self._review))

    def close(self) -> None:
        """Write what waits, then let go of the journal; does not wait for either."""
        self._pool.submit(self._journal.close)
        self._pool.shutdown(wait=False)

    def _work(self, call: Callable[[], T]) -> T:
        self._catch_up()
        return call()

    def _known(self) -> Incident:
        if self._incident is None:
            raise RuntimeError("the desk was asked before the journal was read")
        return self._incident

    def _catch_up(self) -> None:
        with Reader(self._journal.path) as reader:
            if self._incident is None:
                self._incident = Incident.fold(reader.events())
                return
            for event in reader.events(after=self._incident.seq):
                self._incident.apply(event)

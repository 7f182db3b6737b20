"""One thread that reads from the journal for one screen, and posts what it read to the screen."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

from textual.message import Message
from textual.message_pump import MessagePump

from journal.store.reader import Reader
from screens.live.lifetime import post_if_running

T = TypeVar("T")


class Lookup:
    """Answers questions to the journal one after the other, in a thread of its own.

    Args:
        path: the journal.
        owner: gets a `Found` for every answer.
    """

    class Found(Message):
        """An answer, or an error."""

        bubble = False

        def __init__(self, future: Future[Any], then: Callable[[Any], object]) -> None:
            super().__init__()
            self.future = future
            self.then = then

    def __init__(self, path: Path, owner: MessagePump) -> None:
        self._path = path
        self._owner = owner
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="lookup")
        self._reader: Reader | None = None
        self._closed = False

    def ask(self, call: Callable[[Reader], T], then: Callable[[T], object]) -> None:
        """Let ``call`` read, without waiting for it; ``then`` gets what it returned, on the owner's thread."""
        if self._closed:
            return
        future = self._pool.submit(self._work, call)
        future.add_done_callback(lambda done: post_if_running(self._owner, self.Found(done, then)))

    def close(self) -> None:
        """Take no more questions, and close the journal once those that wait are answered. Returns at once."""
        self._closed = True
        self._pool.submit(self._close_reader)
        self._pool.shutdown(wait=False)

    def _close_reader(self) -> None:
        if self._reader is not None:
            self._reader.close()

    def _work(self, call: Callable[[Reader], T]) -> T:
        if self._reader is None:
            self._reader = Reader(self._path)
        return call(self._reader)

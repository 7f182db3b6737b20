"""One asyncio event loop in a thread, shared by all SSH connections and used from any thread."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Coroutine
from functools import cache
from typing import Any, TypeVar

T = TypeVar("T")


class EventLoopThread:
    """Runs coroutines for threads that have no event loop."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        threading.Thread(target=self._loop.run_forever, name="ssh", daemon=True).start()

    def run(self, work: Coroutine[Any, Any, T], timeout_s: float | None = None) -> T:
        """Return what ``work`` returns. ``TimeoutError`` after ``timeout_s`` seconds; the work is cancelled then."""
        return asyncio.run_coroutine_threadsafe(asyncio.wait_for(work, timeout_s), self._loop).result()


_FIRST_USE = threading.Lock()


def shared() -> EventLoopThread:
    """Return this process's loop; a thread does not survive a fork, so every process has its own."""
    with _FIRST_USE:  # a cache alone lets two who ask first at once have one each: a connection is of use to one only
        return _of_process(os.getpid())


@cache
def _of_process(_pid: int) -> EventLoopThread:
    return EventLoopThread()

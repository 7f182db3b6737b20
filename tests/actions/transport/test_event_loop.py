"""The one event loop that all connections of a process share."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from types import SimpleNamespace

import pytest

from actions.transport import event_loop

THREADS = 8


def test_who_asks_for_it_first_at_once_gets_the_same_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_loop, "os", SimpleNamespace(getpid=lambda: -1))  # a process that has none yet
    together = Barrier(THREADS)

    def ask() -> event_loop.EventLoopThread:
        together.wait()
        return event_loop.shared()

    with ThreadPoolExecutor(THREADS) as pool:
        asked = [pool.submit(ask) for _ in range(THREADS)]
    assert len({id(one.result()) for one in asked}) == 1

"""Waiting for a state, never for a time."""

from __future__ import annotations

import selectors
import time
from collections.abc import Callable


def until(wanted: Callable[[], object], deadline_s: float = 30.0) -> None:
    """Return once ``wanted`` is true; fail after ``deadline_s`` seconds."""
    begin = time.monotonic()
    end = begin + deadline_s
    while not wanted():
        now = time.monotonic()
        assert now < end, f"not reached in {deadline_s} s"
        time.sleep(max(0.02, now - begin))  # a look that starts a program must not keep the machine from getting there
        begin = time.monotonic()


def readable(descriptor: int, timeout_s: float) -> bool:
    """Wait until a descriptor can be read, at most so long; return whether it can. It may be any number."""
    with selectors.PollSelector() as selector:
        selector.register(descriptor, selectors.EVENT_READ)
        return bool(selector.select(timeout_s))

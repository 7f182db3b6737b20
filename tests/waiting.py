"""Waiting for a state, never for a time."""

from __future__ import annotations

import selectors
import time
from collections.abc import Callable


def until(wanted: Callable[[], object], deadline_s: float = 30.0) -> None:
    """Return once ``wanted`` is true; fail after ``deadline_s`` seconds."""
    end = time.monotonic() + deadline_s
    while not wanted():
        assert time.monotonic() < end, f"not reached in {deadline_s} s"
        time.sleep(0.02)  # between two looks, not instead of one


def readable(descriptor: int, timeout_s: float) -> bool:
    """Wait until a descriptor can be read, at most so long; return whether it can. It may be any number."""
    with selectors.PollSelector() as selector:
        selector.register(descriptor, selectors.EVENT_READ)
        return bool(selector.select(timeout_s))

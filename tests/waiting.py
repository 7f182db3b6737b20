"""Waiting for a state, never for a time."""

from __future__ import annotations

import time
from collections.abc import Callable


def until(wanted: Callable[[], object], deadline_s: float = 30.0) -> None:
    """Return once ``wanted`` is true; fail after ``deadline_s`` seconds."""
    end = time.monotonic() + deadline_s
    while not wanted():
        assert time.monotonic() < end, f"not reached in {deadline_s} s"
        time.sleep(0.02)  # between two looks, not instead of one

"""Waiting for a state, with a deadline."""

from __future__ import annotations

import time
from collections.abc import Callable


def wait_until(holds: Callable[[], object], deadline_s: float = 30) -> None:
    """Wait until ``holds()`` is true."""
    end = time.monotonic() + deadline_s
    while not holds():
        assert time.monotonic() < end, "it did not come true in time"
        time.sleep(0.05)

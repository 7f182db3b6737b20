"""An application that writes numbers to a server meanwhile."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tests.waiting import until

Write = Callable[[list[int], threading.Event], None]
"""Writes numbers until the event is set, and adds to the list each that was acknowledged."""


@contextmanager
def counting(write: Write) -> Iterator[list[int]]:
    """Write for the length of the block, which begins with the first number; give those that were acknowledged."""
    acknowledged, over = list[int](), threading.Event()
    writer = threading.Thread(target=write, args=(acknowledged, over), daemon=True)
    writer.start()
    try:
        until(lambda: acknowledged)
        yield acknowledged
    finally:
        over.set()
        writer.join()

"""Works at several files at once: each costs a round trip or a flush, whatever its size."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")

_AT_ONCE = 8
_CHUNK = 256
"""How many are begun before it is asked whether one failed."""


def at_once(work: Callable[[T], R], items: Sequence[T]) -> Iterator[R]:
    """Yield what ``work`` returns of each item, in their order. What it raises is raised here, soon after."""
    with ThreadPoolExecutor(max_workers=_AT_ONCE) as pool:
        for begin in range(0, len(items), _CHUNK):
            yield from pool.map(work, items[begin : begin + _CHUNK])

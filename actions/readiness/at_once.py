"""Many looks at the same time, of which any may hang: those that need a host wait until that was looked at."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from queue import SimpleQueue
from threading import Lock, Thread
from typing import Generic, NamedTuple, TypeVar

T = TypeVar("T")
Key = tuple[str, str]
"""What is looked at: a host, a system, its backups, a command, or an action with its number; and which."""
HOST = "host"


class Look(NamedTuple, Generic[T]):
    """One look: what it does, and the host that it needs; empty: none."""

    run: Callable[[], T]
    host: str = ""


def begin(looks: Mapping[Key, Look[T]], at_once: int, end: float) -> SimpleQueue[tuple[Key, T]]:
    """Begin all looks, in threads that nobody waits for at the end of the program; return where each ends up.

    A host that never answers keeps one thread waiting, and not one for each system on it.

    Args:
        looks: what is looked at; none of them raises.
        at_once: how many at the same time.
        end: the moment (`time.monotonic`) after which none is begun any more.
    """
    ended, ready, after = SimpleQueue[tuple[Key, T]](), SimpleQueue[Key | None](), dict[Key, list[Key]]()
    number, left, counting = min(at_once, len(looks)), len(looks), Lock()
    for key, look in looks.items():
        if key[0] != HOST and (host := (HOST, look.host)) in looks:
            after.setdefault(host, []).append(key)
        else:
            ready.put(key)

    def work() -> None:
        nonlocal left
        while key := ready.get():
            if time.monotonic() < end:
                ended.put((key, looks[key].run()))
            for other in after.get(key, ()):
                ready.put(other)
            with counting:
                left -= 1
                last = left == 0
            for _ in range(number if last else 0):
                ready.put(None)

    for _ in range(number):
        Thread(target=work, name="ready", daemon=True).start()
    return ended

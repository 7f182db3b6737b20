"""Many looks at the same time, of which any may hang: those that need a host wait until that was looked at."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Future, wait
from queue import SimpleQueue
from threading import Thread
from typing import Generic, NamedTuple, TypeVar

T = TypeVar("T")
Key = tuple[str, str]
"""What is looked at: a host, a system, its backups, a command, or an action with its number; and which."""
HOST = "host"


class Look(NamedTuple, Generic[T]):
    """One look: what it does, and the host that it needs; empty: none."""

    run: Callable[[], T]
    host: str = ""


def begin(looks: Mapping[Key, Look[T]], at_once: int) -> dict[Key, Future[T]]:
    """Begin all looks, in threads that nobody waits for at the end of the program.

    A host that never answers keeps one thread waiting, and not one for each system on it.

    Args:
        looks: what is looked at; none of them raises.
        at_once: how many at the same time.
    """
    found: dict[Key, Future[T]] = {key: Future() for key in looks}
    ready, after = SimpleQueue[Key | None](), dict[Key, list[Key]]()
    for key, look in looks.items():
        if key[0] != HOST and (host := (HOST, look.host)) in looks:
            after.setdefault(host, []).append(key)
        else:
            ready.put(key)

    def work() -> None:
        while key := ready.get():
            try:
                found[key].set_result(looks[key].run())
            except BaseException as error:  # noqa: BLE001  # told to whoever waits for it
                found[key].set_exception(error)
            for other in after.get(key, ()):
                ready.put(other)

    number = min(at_once, len(looks))

    def end() -> None:
        wait(found.values())
        for _ in range(number):
            ready.put(None)

    for target in (*[work] * number, end):
        Thread(target=target, name="ready", daemon=True).start()
    return found

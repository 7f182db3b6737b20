"""Signals told in a thread: a handler interrupts the main thread anywhere, also where it holds the wanted lock."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from queue import SimpleQueue
from threading import Thread

ENDS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)  # what asks a program to end


@contextmanager
def told(numbers: Iterable[signal.Signals], call: Callable[[], None]) -> Iterator[None]:
    """Have ``call`` called whenever one of these signals arrives, while the block runs. Main thread only.

    It is called in a thread of its own, and so may take locks: "synchronization primitives such as threading.Lock
    should not be used within signal handlers", says Python's library reference of its own. A handler that sets the
    Event on which the main thread is about to wait stands still for good.
    """
    arrived: SimpleQueue[bool] = SimpleQueue()  # the one queue whose put may interrupt itself
    teller = Thread(target=_tell, args=(arrived, call), name="signals", daemon=True)
    teller.start()
    before = {number: signal.signal(number, lambda *_: arrived.put(True)) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        arrived.put(False)


def _tell(arrived: SimpleQueue[bool], call: Callable[[], None]) -> None:
    while arrived.get():
        call()

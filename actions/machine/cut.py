"""A deadline for a whole session with a server, whatever client library talks to it."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress


@contextmanager
def cut_after(descriptor: int, deadline_s: float) -> Iterator[None]:
    """Shut a session's socket down after a deadline: the only thing that wakes a read from a server that hangs.

    Args:
        descriptor: the socket's file descriptor; it stays open.
        deadline_s: seconds.
    """
    copy = socket.socket(fileno=os.dup(descriptor))

    def cut() -> None:
        with suppress(OSError):  # it was closed in the same moment
            copy.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(deadline_s, cut)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        copy.close()

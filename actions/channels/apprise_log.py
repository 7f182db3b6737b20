"""What Apprise says while it sends: it returns only whether it worked, and writes why not into its log."""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Iterator


class _Lines(logging.Handler):
    """Collects what one thread says."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []
        self._thread = threading.get_ident()

    def emit(self, record: logging.LogRecord) -> None:
        if record.thread == self._thread:
            self.lines.append(record.getMessage())


@contextlib.contextmanager
def said() -> Iterator[list[str]]:
    """Collect what Apprise says in this thread. It may hold keys: it is looked into, and never shown as it is."""
    logger = logging.getLogger("apprise")
    logger.propagate = False  # nothing of it may reach the runner's own log
    logger.setLevel(logging.DEBUG)
    handler = _Lines()
    logger.addHandler(handler)
    try:
        yield handler.lines
    finally:
        logger.removeHandler(handler)

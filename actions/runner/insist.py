"""Writing what has happened, however long the disk refuses it."""

from __future__ import annotations

import threading
from collections.abc import Callable

from journal.store import JournalUnanswered, JournalWriteFailed

RETRY_S = 1.0


def insist(
    write: Callable[[], object], trouble: Callable[[str], None], *, gives_up: Callable[[], bool] = lambda: False
) -> None:
    """Return once something is in the journal, exactly once.

    What failed is written again. What the disk has not answered for is waited for: it may be on the disk already.

    Args:
        write: writes it, in one transaction.
        trouble: told what goes wrong, and an empty text once it goes again.
        gives_up: asked after each failure, whether to leave it.

    Raises:
        JournalWriteFailed: it failed, and we give up.
    """
    pause = threading.Event()
    attempt = write
    while True:
        try:
            attempt()
        except JournalWriteFailed as error:
            trouble(str(error))
            if gives_up():
                raise
            if isinstance(error, JournalUnanswered):
                attempt = error.settle
            else:
                attempt = write
                pause.wait(RETRY_S)
        else:
            trouble("")
            return

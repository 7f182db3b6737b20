"""Writing what has happened once, however long the disk takes to answer, or refuses it."""

from __future__ import annotations

import threading
from collections.abc import Callable

from journal.store import JournalUnanswered, JournalWriteFailed

RETRY_S = 1.0


def write_once(write: Callable[[], object], trouble: Callable[[str], None], *, gives_up: Callable[[], bool]) -> None:
    """Return once something is in the journal; what the disk has not answered for is waited for, not written again.

    Args:
        write: writes it, in one transaction.
        trouble: told that the disk does not answer.
        gives_up: asked, while it is not known whether it was written, whether to leave it at that.

    Raises:
        JournalWriteFailed: it was not written; JournalUnanswered: that is not known yet, and we give up.
    """
    attempt = write
    while True:
        try:
            attempt()
        except JournalUnanswered as error:
            trouble(str(error))
            if gives_up():
                raise
            attempt = error.settle
        else:
            return


def insist(
    write: Callable[[], object], trouble: Callable[[str], None], *, gives_up: Callable[[], bool] = lambda: False
) -> None:
    """Return once something is in the journal, exactly once: like `write_once`, and what failed is written again.

    Args:
        write: writes it, in one transaction.
        trouble: told what goes wrong, and an empty text once it goes again.
        gives_up: asked after each failure, whether to leave it.

    Raises:
        JournalWriteFailed: it failed, and we give up.
    """
    pause = threading.Event()
    while True:
        try:
            write_once(write, trouble, gives_up=gives_up)
        except JournalUnanswered:
            raise
        except JournalWriteFailed as error:
            trouble(str(error))
            if gives_up():
                raise
            pause.wait(RETRY_S)
        else:
            trouble("")
            return

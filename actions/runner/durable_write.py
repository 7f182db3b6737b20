"""Appending to a journal whose disk may refuse or stall, without writing an event twice or losing one."""

from __future__ import annotations

import threading
from collections.abc import Callable

from journal.store.journal import JournalReadFailed, JournalUnanswered, JournalWriteFailed

RETRY_S = 1.0
REFUSED = (JournalWriteFailed, JournalReadFailed)
"""Errors after which an event is known not to be in the journal: the write, or a read that it needed, failed."""

Write = Callable[[], object]
OnFault = Callable[[str], None]
"""Called with the fault when a write fails, and with an empty text when writing works again."""


def keep_trying() -> bool:
    """Return False: the default for ``gives_up``, which waits without a limit."""
    return False


def write_or_raise(write: Write, on_fault: OnFault, gives_up: Callable[[], bool] = keep_trying) -> None:
    """Return once something is in the journal; raise where it is known that it is not.

    An unanswered write is waited for, not repeated: it may be in the journal already.

    Args:
        write: writes it, in one transaction.
        on_fault: see `OnFault`.
        gives_up: asked whenever the disk does not answer, whether to wait no longer.

    Raises:
        JournalWriteFailed: it was not written; JournalUnanswered: that is not known, and we give up.
        JournalReadFailed: it was not written, for the journal could not be read.
    """
    attempt = write
    while True:
        try:
            attempt()
        except JournalUnanswered as error:
            on_fault(str(error))
            if gives_up():
                raise
            attempt = error.settle
        except REFUSED as error:
            on_fault(str(error))
            raise
        else:
            on_fault("")
            return


def write_until_durable(write: Write, on_fault: OnFault, gives_up: Callable[[], bool] = keep_trying) -> None:
    """Return once something that has happened is in the journal, exactly once, however long the disk refuses it.

    Raises:
        JournalWriteFailed, JournalReadFailed: as `write_or_raise`, once we give up.
    """
    pause = threading.Event()
    while True:
        try:
            return write_or_raise(write, on_fault, gives_up)
        except REFUSED:
            if gives_up():
                raise
            pause.wait(RETRY_S)

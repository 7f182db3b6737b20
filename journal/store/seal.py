"""Making a journal that nobody has open one whole file again, where its last program died while it closed it."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from journal.store.connection import close_whole, open_for_writing
from journal.store.errors import write_failure
from journal.store.filelock import WritersLock


def seal(path: Path) -> bool:
    """Take the write-ahead log over into the journal, so that at rest it is one whole file.

    Returns:
        Whether it is: not while somebody has it open; then the last one to close it does this.

    Raises:
        JournalWriteFailed: the disk failed, or we may only read it.
        JournalError: it is not there, not a journal, or a newer one.
    """
    turn = WritersLock(path)
    try:
        with turn.held(wait=False) as free:
            return free and close_whole(path, open_for_writing(path))
    except (sqlite3.Error, OSError) as error:
        raise write_failure(path, error) from error
    finally:
        turn.close()

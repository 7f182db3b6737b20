"""Completes the file of a journal whose last program died while it closed it."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from journal.store.connection import close_whole, open_for_writing
from journal.store.failures import write_failure
from journal.store.filelock import WritersLock


def seal(path: Path) -> bool:
    """Move the write-ahead log into the journal's file, so that it is complete without its -wal.

    Args:
        path: the segment.

    Returns:
        Whether it is complete. It is not while somebody has it open; then the last one to close it does this.

    Raises:
        JournalWriteFailed: the disk failed, or we may not write to it.
        JournalError: the file is not there, not a journal, or of a newer format.
    """
    writers = WritersLock(path)
    try:
        with writers.held(wait=False) as free:
            return free and close_whole(path, open_for_writing(path))
    except (sqlite3.Error, OSError) as error:
        raise write_failure(path, error) from error
    finally:
        writers.close()

"""Turning a journal into one plain file: for a ticket, for sqlite-utils or Datasette, for good."""

from __future__ import annotations

import os
import secrets
import sqlite3
from pathlib import Path

from journal.connection import open_for_reading, open_for_writing
from journal.filelock import FileLock
from journal.store_errors import JournalExists, write_failure


def export(path: Path, to: Path) -> None:
    """Write a journal as it is now into a new file that needs no other beside it.

    Args:
        path: the journal, open or not.
        to: the new file.

    Raises:
        JournalExists: there is a file already.
        JournalWriteFailed: it could not be written.
        JournalError: the journal cannot be read.
    """
    check_name_is_free(to)
    beside = temporary_name(to)
    conn = open_for_reading(path)
    try:
        conn.execute("VACUUM INTO ?", (os.fspath(beside),))
        flush(beside)
        beside.rename(to)
        flush(to.parent)
    except (sqlite3.Error, OSError) as error:
        raise write_failure(to, error) from error
    finally:
        conn.close()
        beside.unlink(missing_ok=True)


def seal(path: Path) -> bool:
    """Take the write-ahead log over into the journal, so that at rest it is one whole file.

    Returns:
        Whether it is: not while somebody has it open; then the last one to close it does this.

    Raises:
        JournalWriteFailed: the disk failed.
        JournalError: the journal cannot be read.
    """
    turn = FileLock(path)
    try:
        with turn.held_if_free() as free:
            return free and _leave_wal(path)
    except OSError as error:
        raise write_failure(path, error) from error
    finally:
        turn.close()


def _leave_wal(path: Path) -> bool:
    try:
        conn = open_for_writing(path)
    except sqlite3.Error as error:
        raise write_failure(path, error) from error
    try:
        conn.execute("PRAGMA busy_timeout = 0")
        conn.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        (mode,) = conn.execute("PRAGMA journal_mode = DELETE").fetchone()
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode == sqlite3.SQLITE_BUSY:
            return False
        raise write_failure(path, error) from error
    else:
        return bool(mode == "delete")
    finally:
        conn.close()


def check_name_is_free(path: Path) -> None:
    """Refuse a name that a database has, or had: SQLite would take a log that was left behind for the new one's own.

    Raises:
        JournalExists: there is a file, or the -wal, -shm or -journal of one.
    """
    for suffix in ("", "-wal", "-shm", "-journal"):
        there = path.with_name(path.name + suffix)
        if os.path.lexists(there):
            raise JournalExists(f"There is already a file {there}.", "Choose another name, or move that file away.")


def temporary_name(path: Path) -> Path:
    """Return a name in the same folder that nobody else uses and no listing shows."""
    return path.with_name(f".{path.name}.{secrets.token_hex(4)}.new")


def flush(path: Path) -> None:
    """Have the disk keep what was written to a file or folder. Never a journal that is open (see `connection`).

    Raises:
        OSError: it could not.
    """
    fd = os.open(path, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)

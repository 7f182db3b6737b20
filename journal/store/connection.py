"""Opens and closes SQLite connections to a journal. Nothing else in this process may open a journal's file.

POSIX drops all locks of a process on a file when *any* of its descriptors on it is closed: after one ``open(path)`` for
a copy or a hash, two writers can be in the file at once. Acknowledged events were lost that way in a trial.
"""

from __future__ import annotations

import errno
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from journal.store.errors import JournalNotFound, JournalReadFailed
from journal.store.failures import read_failure
from journal.store.schema import check_format, not_a_journal

BUSY_SECONDS = 5.0
"""Seconds that SQLite itself waits for a lock. Writers queue elsewhere (`filelock`), so it hardly ever has to."""

_INTERRUPTED = frozenset({sqlite3.SQLITE_READONLY_ROLLBACK, sqlite3.SQLITE_READONLY_RECOVERY})

WAL_PAGES = 128
"""Pages after which SQLite moves the write-ahead log into the database and starts it anew. A commit that makes a file
longer also waits for the file system's journal: with a short log, which soon has its full length, a commit takes a
fifth less time."""

WAL_BYTES_KEPT = 4 * 1024 * 1024
"""Bytes to which a long write-ahead log is cut once it was moved into the database."""


_ATTEMPTS_TO_CLOSE = 3


def closing_mark(path: Path) -> Path:
    """Return the path of the mark that lies beside a journal while its last program closes it.

    A journal that was left with its mark and without -wal is complete.
    """
    return path.with_name(path.name + ".closing")


def open_for_writing(path: Path) -> sqlite3.Connection:
    """Return a connection for writing; its commits are on the disk when they return.

    Raises:
        JournalError: the file is not there, not a journal, or of a newer format.
        OSError: we may not write to it.
        sqlite3.Error: SQLite cannot use it.
    """
    conn = _open(path, "rw")
    try:
        _check_right(path)
        conn.execute("PRAGMA journal_mode = WAL")
        conn.execute("PRAGMA synchronous = FULL")
        conn.execute(f"PRAGMA wal_autocheckpoint = {WAL_PAGES}")
        conn.execute(f"PRAGMA journal_size_limit = {WAL_BYTES_KEPT}")
        closing_mark(path).unlink(missing_ok=True)
    except (sqlite3.Error, OSError):
        conn.close()
        raise
    return conn


def close_whole(path: Path, conn: sqlite3.Connection) -> bool:
    """Close a connection for writing; if it was the last one, leave one file that needs no -wal beside it.

    The caller holds the writers' lock: of two who close at once, the second must find the first one gone.

    Returns:
        Whether the file is complete without its -wal. It is not while somebody has it open or there is no space; then
        the file and its -wal together lose nothing.
    """
    for _ in range(_ATTEMPTS_TO_CLOSE):
        with suppress(sqlite3.OperationalError, OSError), closing(conn):
            _leave_wal_mode(path, conn)
            return True
        if path.with_name(path.name + "-wal").exists():
            return False
        # The other one closed it between our attempt and our own close: SQLite removed the log, but kept WAL mode.
        try:
            conn = open_for_writing(path)
        except (sqlite3.Error, OSError, JournalNotFound):  # the last: it was removed while it was open
            return False
    return False


def _leave_wal_mode(path: Path, conn: sqlite3.Connection) -> None:
    """Leave WAL mode. A process that dies in the middle leaves the mark, and a file in WAL mode without its -wal.

    Raises:
        sqlite3.OperationalError: somebody has it open, or there is no space.
    """
    with suppress(OSError):  # no space for the mark: the file is left without one
        closing_mark(path).touch()
    conn.execute("PRAGMA busy_timeout = 0")
    try:
        conn.execute("PRAGMA journal_mode = DELETE")
    finally:
        closing_mark(path).unlink(missing_ok=True)


def _check_right(path: Path) -> None:
    """Raise at once what SQLite would only raise at the first INSERT."""
    if not os.access(path, os.W_OK):
        if os.statvfs(path).f_flag & os.ST_RDONLY:
            raise OSError(errno.EROFS, "its disk is read-only")
        raise PermissionError(errno.EACCES, "you may not write to it")


def open_for_reading(path: Path) -> sqlite3.Connection:
    """Return a connection that cannot write.

    Raises:
        JournalError: the file is not there, not a journal, of a newer format, or cannot be read.
    """
    with reading(path):
        try:
            return _open(path, "ro")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode not in _INTERRUPTED:
                raise
            # Its last process died while it opened or closed it: SQLite has to undo that, and needs to write.
            close_whole(path, _open(path, "rw"))
            return _open(path, "ro")


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Turn what SQLite raises in the body into an error that a person can use.

    Raises:
        JournalReadFailed: SQLite could not read the file.
    """
    try:
        yield
    except sqlite3.Error as error:
        raise read_failure(path, error) from error


def _open(path: Path, mode: str) -> sqlite3.Connection:
    try:
        there = path.exists()
    except OSError as error:
        why = f"The journal {path} could not be read: {error.strerror}."
        raise JournalReadFailed(why, "Check who may look into its folder.") from error
    if not there:
        raise JournalNotFound(f"There is no journal at {path}.", "See `cleo journal list` for the journals there are.")
    if not path.is_file():  # SQLite would wait for whoever writes into a pipe
        raise not_a_journal(path)
    conn = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode={mode}",
        uri=True,
        timeout=BUSY_SECONDS,
        isolation_level=None,
        check_same_thread=False,
    )
    try:
        check_format(conn, path)
    except BaseException as error:
        conn.close()
        if isinstance(error, sqlite3.DatabaseError) and error.sqlite_errorcode == sqlite3.SQLITE_NOTADB:
            raise not_a_journal(path) from error
        raise
    return conn

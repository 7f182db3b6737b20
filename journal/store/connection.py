"""SQLite connections to a journal. Nothing else in this process may open a journal's file.

POSIX drops all locks of a process on a file when *any* of its descriptors on it is closed: one ``open(path)`` for a
copy or a hash, and two writers can be in the file at once (seen: acknowledged events lost).
"""

from __future__ import annotations

import errno
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from journal.store.errors import JournalNotFound, read_failure
from journal.store.schema import check_format, not_a_journal

BUSY_SECONDS = 5.0
"""How long SQLite itself waits for a lock. Writers queue elsewhere (`filelock`), so it hardly ever has to."""

_INTERRUPTED = frozenset({sqlite3.SQLITE_READONLY_ROLLBACK, sqlite3.SQLITE_READONLY_RECOVERY})

WAL_PAGES = 128
"""Pages after which the write-ahead log is taken over and written from its beginning again. A commit that makes a file
longer waits for the file system's own log as well: a short log is soon as long as it gets (a fifth less a commit)."""

WAL_BYTES_KEPT = 4 * 1024 * 1024
"""What is left of a long write-ahead log once it has been taken over into the database."""


_ATTEMPTS_TO_CLOSE = 3


def closing_mark(path: Path) -> Path:
    """Return what lies beside a journal while its last program closes it: without -wal, it is whole all the same."""
    return path.with_name(path.name + ".closing")


def open_for_writing(path: Path) -> sqlite3.Connection:
    """Return a connection whose commits are on the disk when they return.

    Raises:
        JournalError: it is not there, not a journal, or a newer one.
        OSError: we may only read it.
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
    """Close a connection for writing; where it was the last one, leave one whole file that needs no -wal beside it.

    The caller has the writers' turn: of two who close at once, the second must find the first one gone.

    Returns:
        Whether it is whole: not while somebody has it open or there is no space; then it and its -wal lose nothing.
    """
    for _ in range(_ATTEMPTS_TO_CLOSE):
        with suppress(sqlite3.OperationalError, OSError), closing(conn):
            _leave_wal_mode(path, conn)
            return True
        if path.with_name(path.name + "-wal").exists():
            return False
        # The other one let go between our attempt and our own end: SQLite took the log away, and kept the mode.
        try:
            conn = open_for_writing(path)
        except (sqlite3.Error, OSError):
            return False
    return False


def _leave_wal_mode(path: Path, conn: sqlite3.Connection) -> None:
    """Leave WAL mode. Who dies in the middle leaves a file without -wal that still calls for one, and the mark.

    Raises:
        sqlite3.OperationalError: somebody has it open, or there is no space.
    """
    with suppress(OSError):  # no space for the mark: then it has to do without
        closing_mark(path).touch()
    conn.execute("PRAGMA busy_timeout = 0")
    try:
        conn.execute("PRAGMA journal_mode = DELETE")
    finally:
        closing_mark(path).unlink(missing_ok=True)


def _check_right(path: Path) -> None:
    """Say at once what SQLite would only say at the first INSERT."""
    if not os.access(path, os.W_OK):
        if os.statvfs(path).f_flag & os.ST_RDONLY:
            raise OSError(errno.EROFS, "its disk is read-only")
        raise PermissionError(errno.EACCES, "you may not write to it")


def open_for_reading(path: Path) -> sqlite3.Connection:
    """Return a connection that cannot write.

    Raises:
        JournalError: it is not there, not a journal, a newer one, or cannot be read.
    """
    with reading(path):
        try:
            return _open(path, "ro")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode not in _INTERRUPTED:
                raise
            # Its last process died while it opened or closed it: SQLite has to take that back, and needs to write.
            close_whole(path, _open(path, "rw"))
            return _open(path, "ro")


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Turn what SQLite says about a failed read into what a person can use.

    Raises:
        JournalReadFailed: SQLite could not read the file.
    """
    try:
        yield
    except sqlite3.Error as error:
        raise read_failure(path, error) from error


def _open(path: Path, mode: str) -> sqlite3.Connection:
    if not path.exists():
        raise JournalNotFound(f"There is no journal at {path}.", "See `cleo journal list` for the journals there are.")
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

"""New database files: written under another name first, so that nobody ever sees half of one."""

from __future__ import annotations

import os
import secrets
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from journal.store.errors import JournalExists


@contextmanager
def new_database(path: Path) -> Iterator[sqlite3.Connection]:
    """Yield a connection to an empty database, which gets the name ``path`` at the end of the body.

    Raises:
        FileExistsError: the name is taken.
        sqlite3.Error, OSError: it could not be written.
    """
    beside = temporary_name(path)
    conn = sqlite3.connect(beside.absolute().as_uri(), uri=True, isolation_level=None)
    try:
        beside.chmod(_mode_for(path.parent))
        conn.execute("PRAGMA synchronous = EXTRA")
        yield conn
        conn.close()
        os.link(beside, path)
        flush(path.parent)
    finally:
        conn.close()
        beside.unlink(missing_ok=True)


def check_name_is_free(path: Path) -> None:
    """Refuse a name that a database has or had: SQLite would take a log that was left there for the new file's own.

    Raises:
        JournalExists: there is a file, or the -wal, -shm or -journal of one.
    """
    for suffix in ("", "-wal", "-shm", "-journal"):
        there = path.with_name(path.name + suffix)
        if os.path.lexists(there):
            raise JournalExists(f"There is already a file {there}.", "Choose another name, or move that file away.")


def temporary_name(path: Path) -> Path:
    """Return an unused hidden name in the same folder."""
    return path.with_name(f".{path.name}.{secrets.token_hex(4)}.new")


def flush(path: Path) -> None:
    """Flush a file or folder to the disk. Never call it for a journal that is open (see `connection`).

    Raises:
        OSError: it could not.
    """
    fd = os.open(path, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def _mode_for(folder: Path) -> int:
    """Return the mode for a file in this folder: readable and writable for whom the folder is, whatever the umask."""
    return stat.S_IMODE(folder.stat().st_mode) & 0o664

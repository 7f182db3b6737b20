"""Upgrades a journal of an older format on a copy; the original is never altered.

Readers use a private copy. The first writer puts an upgraded copy in the journal's place and keeps the original beside
it. What changes from one format to the next is in `journal.store.schema.STEPS`.
"""

from __future__ import annotations

import os
import sqlite3
import tempfile
from pathlib import Path

from journal.store import schema
from journal.store.connection import BUSY_SECONDS, open_for_reading
from journal.store.errors import JournalBusy
from journal.store.new_file import check_name_is_free, flush, temporary_name


def has_older_format(conn: sqlite3.Connection) -> bool:
    """Return whether an open journal has an older format than this program writes."""
    return _format_of(conn) < schema.FORMAT


def _format_of(conn: sqlite3.Connection) -> int:
    return int(conn.execute("PRAGMA user_version").fetchone()[0])


def _upgrade(conn: sqlite3.Connection) -> None:
    """Turn a copy, open for writing, into this program's format.

    Raises:
        sqlite3.Error: it could not be written.
    """
    for version in range(_format_of(conn), schema.FORMAT):
        step = schema.STEPS[version - schema.FORMAT]
        conn.executescript(f"BEGIN; {step} PRAGMA user_version = {version + 1}; COMMIT;")


def _write_upgraded(path: Path, copy: Path) -> None:
    """Write what a file holds into a new one, in this program's format.

    Raises:
        JournalError: it cannot be read.
        sqlite3.Error: the copy could not be written.
    """
    source = open_for_reading(path)
    try:
        source.execute("VACUUM INTO ?", (os.fspath(copy),))
    finally:
        source.close()
    conn = sqlite3.connect(copy, isolation_level=None)
    try:
        conn.execute("PRAGMA synchronous = EXTRA")
        _upgrade(conn)
    finally:
        conn.close()


def private_copy(conn: sqlite3.Connection) -> sqlite3.Connection:
    """Return a copy in this program's format, which nobody else sees and which goes when it is closed.

    Raises:
        sqlite3.Error: there is no space for it in SQLite's temporary folder.
    """
    copy = sqlite3.connect("", uri=True, isolation_level=None, check_same_thread=False)
    try:
        conn.backup(copy)
        _upgrade(copy)
    except sqlite3.Error:
        copy.close()
        raise
    return copy


def attach_copy(conn: sqlite3.Connection, path: Path, name: str) -> None:
    """Like `private_copy`, of a file that is to be attached to a connection: who reads must not keep it from migration.

    Raises:
        JournalError: it cannot be read.
        OSError, sqlite3.Error: there is no space for it in the folder for temporary files.
    """
    with tempfile.TemporaryDirectory(prefix="cleo-older-") as folder:
        copy = Path(folder) / path.name
        _write_upgraded(path, copy)
        conn.execute(f"ATTACH ? AS {name}", (f"{copy.as_uri()}?mode=ro",))


def is_older(path: Path) -> bool:
    """Return whether a segment has an older format, so that its next writer will upgrade it.

    Raises:
        JournalError: it cannot be read.
    """
    return _format_of_file(path) < schema.FORMAT


def migrate_if_older(path: Path) -> None:
    """Replace a segment of an older format by an upgraded copy. The caller holds its writers' lock.

    The original stays beside it, named after its format: ``journal.format-1.db``.

    Raises:
        JournalBusy: an older version of this program has it open.
        JournalError: it cannot be read, or there is a file of the original's new name.
        sqlite3.Error, OSError: there is no space, or no right, for a copy.
    """
    version = _format_of_file(path)
    if version < schema.FORMAT:
        kept = path.with_name(f"{path.stem}.format-{version}{path.suffix}")
        check_name_is_free(kept)
        _demand_alone(path)
        _replace(path, kept)


def _format_of_file(path: Path) -> int:
    source = open_for_reading(path)
    try:
        return _format_of(source)
    finally:
        source.close()


def _replace(path: Path, kept: Path) -> None:
    beside = temporary_name(path)
    try:
        _write_upgraded(path, beside)
        beside.chmod(path.stat().st_mode & 0o777)
        os.link(path, kept)
        beside.replace(path)
        flush(path.parent)
    finally:
        beside.unlink(missing_ok=True)


def _demand_alone(path: Path) -> None:
    """Take in the write-ahead log, if there is one. SQLite allows that to the only one who has the file open.

    One of our own readers may be about to copy it: that passes.
    """
    where = f"{path.absolute().as_uri()}?mode=rw"
    conn = sqlite3.connect(where, uri=True, timeout=BUSY_SECONDS, isolation_level=None)
    try:
        if conn.execute("PRAGMA journal_mode").fetchone()[0] == "wal":
            conn.execute("PRAGMA journal_mode = DELETE")
        conn.execute("BEGIN EXCLUSIVE")
        conn.execute("ROLLBACK")
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode & 0xFF not in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            raise
        raise JournalBusy(
            f"The journal {path} was written by an older version of this program, and that still has it open.",
            "End its consoles and its runner (cleo status names it), then do it again.",
        ) from error
    finally:
        conn.close()

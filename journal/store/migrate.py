"""Journals that an older version wrote. They are brought up to date on a copy; the original is never altered.

Each step is SQL that turns one format into the next. Events and output stay as they are, so every hash stays right.

- 1 → 2: a journal can go on in another file: what the files before it hold of each run is ``carried`` over, and the
  next line of a run and its one start are held to that.
- 2 → 3: a row of output may hold several lines (`output`); what was written before means the same as ever.
"""

from __future__ import annotations

import os
import sqlite3
import tempfile
from pathlib import Path

from journal.store.connection import BUSY_SECONDS, open_for_reading
from journal.store.errors import JournalBusy
from journal.store.new_file import check_name_is_free, flush, temporary_name
from journal.store.schema import CARRIED, CARRIED_TRIGGERS, FORMAT, OUTPUT_TRIGGER

STEPS = {
    1: f"{CARRIED} {CARRIED_TRIGGERS}",
    2: f"DROP TRIGGER output_follows_itself; {OUTPUT_TRIGGER}",
}


def format_of(conn: sqlite3.Connection) -> int:
    """Return the format of an open journal."""
    return int(conn.execute("PRAGMA user_version").fetchone()[0])


def bring_up_to_date(conn: sqlite3.Connection) -> None:
    """Turn a copy, open for writing, into this program's format.

    Raises:
        sqlite3.Error: it could not be written.
    """
    for version in range(format_of(conn), FORMAT):
        conn.executescript(f"BEGIN; {STEPS[version]} PRAGMA user_version = {version + 1}; COMMIT;")


def _copy_up_to_date(path: Path, copy: Path) -> None:
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
        bring_up_to_date(conn)
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
        bring_up_to_date(copy)
    except sqlite3.Error:
        copy.close()
        raise
    return copy


def attach_copy(conn: sqlite3.Connection, path: Path, schema: str) -> None:
    """Like `private_copy`, of a file that is to be attached to a connection: who reads must not keep it from migration.

    Raises:
        JournalError: it cannot be read.
        OSError, sqlite3.Error: there is no space for it in the folder for temporary files.
    """
    with tempfile.TemporaryDirectory(prefix="cleo-older-") as folder:
        copy = Path(folder) / path.name
        _copy_up_to_date(path, copy)
        conn.execute(f"ATTACH ? AS {schema}", (f"{copy.as_uri()}?mode=ro",))


def is_older(path: Path) -> bool:
    """Return whether a file of a journal waits to be migrated by whoever writes first.

    Raises:
        JournalError: it cannot be read.
    """
    return _format_of_file(path) < FORMAT


def migrate_if_older(path: Path) -> None:
    """Put a migrated copy in the place of an older journal, and keep the original beside it. The caller has its turn.

    The original is then called ``journal.format-1.db``, after its version.

    Raises:
        JournalBusy: a program of the older version has it open.
        JournalError: it cannot be read, or there is a file of the original's new name.
        sqlite3.Error, OSError: there is no space, or no right, for a copy.
    """
    version = _format_of_file(path)
    if version < FORMAT:
        kept = path.with_name(f"{path.stem}.format-{version}{path.suffix}")
        check_name_is_free(kept)
        _demand_alone(path)
        _replace(path, kept)


def _format_of_file(path: Path) -> int:
    source = open_for_reading(path)
    try:
        return format_of(source)
    finally:
        source.close()


def _replace(path: Path, kept: Path) -> None:
    beside = temporary_name(path)
    try:
        _copy_up_to_date(path, beside)
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

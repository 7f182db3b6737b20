"""Turning a journal into one plain file: for a ticket, for sqlite-utils or Datasette, for good."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Sequence
from pathlib import Path

from journal.store.errors import read_failure, write_failure
from journal.store.failover.segment_reader import in_order, open_joined
from journal.store.failover.segments import parts_of
from journal.store.new_file import check_name_is_free, flush, new_database, temporary_name
from journal.store.schema import EVENT_COLUMNS, add_rules, create_tables

_EVENTS = f"SELECT {EVENT_COLUMNS} FROM events ORDER BY seq"
_OUTPUT = "SELECT run, n, at, stream, text FROM output ORDER BY run, n"
_READINGS = "SELECT name, at, payload FROM readings ORDER BY name, at"


def export(path: Path, to: Path, *more: Path) -> None:
    """Write a journal as it is now into one new file that needs no other beside it.

    Where it lies in several files, they become one: seq and chain go on from file to file, so every hash stays right.

    Args:
        path: the journal, open or not.
        to: the new file.
        more: the files in which it goes on, where they are not where they were written.

    Raises:
        JournalExists: there is a file already.
        JournalWriteFailed: it could not be written.
        JournalError: the journal cannot be read.
    """
    check_name_is_free(to)
    try:
        files = in_order([path, *more]) if more else parts_of(path)
    except OSError as error:
        raise read_failure(path, error) from error
    if len(files) > 1:
        _merge(files, to)
    else:
        _copy(path, to)


def _copy(path: Path, to: Path) -> None:
    beside = temporary_name(to)
    conn = open_joined([path])
    try:
        conn.execute("PRAGMA query_only = OFF")
        conn.execute("VACUUM INTO ?", (os.fspath(beside),))
        flush(beside)
        beside.rename(to)
        flush(to.parent)
    except (sqlite3.Error, OSError) as error:
        raise write_failure(to, error) from error
    finally:
        conn.close()
        beside.unlink(missing_ok=True)


def _merge(files: Sequence[Path], to: Path) -> None:
    """Write all rows anew, each held to the rules of a journal: a file that does not fit the one before fails here."""
    source = open_joined(files)
    try:
        with new_database(to) as conn:
            create_tables(conn)
            add_rules(conn)
            conn.execute("BEGIN IMMEDIATE")
            conn.executemany(f"INSERT INTO events VALUES ({', '.join('?' * 11)})", source.execute(_EVENTS))
            conn.executemany("INSERT INTO output VALUES (?, ?, ?, ?, ?)", source.execute(_OUTPUT))
            conn.executemany("INSERT OR REPLACE INTO readings VALUES (?, ?, ?)", source.execute(_READINGS))
            conn.execute("COMMIT")
    except (sqlite3.Error, OSError) as error:
        raise write_failure(to, error) from error
    finally:
        source.close()

"""Exports a journal into one file: to attach to a ticket, to open with sqlite-utils or Datasette, to archive."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Sequence
from pathlib import Path

from journal.store.failover.segment_reader import in_order, open_segments
from journal.store.failover.segments import segments_of
from journal.store.failures import read_failure, write_failure
from journal.store.new_file import check_name_is_free, flush, new_database, temporary_name
from journal.store.schema import EVENT_COLUMNS, add_rules, create_tables

_EVENTS = f"SELECT {EVENT_COLUMNS} FROM events ORDER BY seq"
_OUTPUT = "SELECT run, n, at, stream, text FROM output ORDER BY run, n"
_READINGS = "SELECT name, at, payload FROM readings ORDER BY name, at"


def export(path: Path, to: Path, *more: Path) -> None:
    """Write a journal as it is now into one new file that needs no other beside it.

    Several segments become one file: seq and chain continue from segment to segment, so every hash stays right.

    Args:
        path: the journal's first file, open or not.
        to: the new file.
        more: the other segments, where they are not where they were written.

    Raises:
        JournalExists: there is a file already.
        JournalWriteFailed: it could not be written.
        JournalError: the journal cannot be read.
    """
    check_name_is_free(to)
    try:
        files = in_order([path, *more]) if more else segments_of(path)
    except OSError as error:
        raise read_failure(path, error) from error
    if len(files) > 1:
        _merge(files, to)
    else:
        _copy(path, to)


def _copy(path: Path, to: Path) -> None:
    beside = temporary_name(to)
    conn = open_segments([path])
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
    """Write all rows into a new file; its triggers refuse a segment that does not follow the last one."""
    source = open_segments(files)
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

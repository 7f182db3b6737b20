"""Opens all segments of a journal as if they were one file.

SQLite attaches the later files to the first; temporary views with the names of the tables put them together, each
segment up to where the next one begins. Nothing that reads needs to know how many files there are.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from pathlib import Path

from journal.store.connection import open_for_reading, reading
from journal.store.errors import JournalDamaged, SegmentMissing
from journal.store.migrate import attach_copy, has_older_format, private_copy
from journal.store.schema import check_format


def open_segments(files: Sequence[Path]) -> sqlite3.Connection:
    """Return a connection that cannot write, on which one journal's segments read as one.

    Args:
        files: the segments, in order. The schema of each is named as `schema_of` says.

    Raises:
        SegmentMissing: the first segment, or one in the middle, is missing.
        JournalError: one of them is not there, not a journal, a newer one, or cannot be read.
    """
    conn = open_for_reading(files[0])
    try:
        with reading(files[0]):
            if has_older_format(conn):
                older, conn = conn, private_copy(conn)
                older.close()
            _check_follows(conn, "main", None, files[0])
            for number, path in enumerate(files[1:], 2):
                _attach(conn, number, path)
            if len(files) > 1:
                _stitch(conn, len(files))
            conn.execute("PRAGMA query_only = ON")  # a private copy can be written to, until its views are made
    except BaseException:
        conn.close()
        raise
    return conn


def in_order(files: Sequence[Path]) -> list[Path]:
    """Return segments in the order of their events, whatever order they were named in.

    Raises:
        JournalError: one of them cannot be read.
    """
    return sorted(files, key=_begins_at)


def schema_of(number: int) -> str:
    """Return the name of a segment's schema in SQLite; segments are numbered from 1."""
    return "main" if number == 1 else f"segment{number}"


def _begins_at(path: Path) -> int:
    conn = open_for_reading(path)
    try:
        with reading(path):
            return int(conn.execute("SELECT coalesce(min(seq), 0) FROM events").fetchone()[0])
    finally:
        conn.close()


def _attach(conn: sqlite3.Connection, number: int, path: Path) -> None:
    segment = open_for_reading(path)  # repairs what a killed process left, and raises our own errors
    older = has_older_format(segment)
    segment.close()
    schema = schema_of(number)
    if older:
        attach_copy(conn, path, schema)
    else:
        conn.execute(f"ATTACH ? AS {schema}", (f"{path.absolute().as_uri()}?mode=ro",))
    check_format(conn, path, schema)
    _check_follows(conn, schema, schema_of(number - 1), path)


def _check_follows(conn: sqlite3.Connection, schema: str, before: str | None, path: Path) -> None:
    first = conn.execute(f"SELECT seq, prev_hash, payload FROM {schema}.events ORDER BY seq LIMIT 1").fetchone()
    if before is None and (first is None or first[0] == 1):
        return
    if first is None:
        raise JournalDamaged(
            f"The journal {path} holds no event.", "Keep the file as it is, and look for another copy."
        )
    seq, prev_hash, payload = first
    found = before and conn.execute(f"SELECT hash FROM {before}.events WHERE seq = ?", (seq - 1,)).fetchone()
    if not found:
        (name,) = conn.execute("SELECT json_extract(?, '$.first_file')", (payload,)).fetchone()
        raise SegmentMissing(
            f"The file {path} begins with event {seq}: the segment of the journal before it is missing.",
            f"Name that file as well. The journal's first file was {name}.",
        )
    if found[0] != prev_hash:
        raise JournalDamaged(
            f"The file {path} does not follow the segment before it: they are not one journal.",
            "Keep the files as they are, and name the ones that belong together (cleo journal verify).",
        )


def _stitch(conn: sqlite3.Connection, count: int) -> None:
    for table in ("events", "output", "readings"):
        selects = [
            f"SELECT * FROM {schema_of(n)}.{table} AS t {_until_next(conn, table, n, count)}"
            for n in range(1, count + 1)
        ]
        conn.execute(f"CREATE TEMP VIEW {table} AS {' UNION ALL '.join(selects)}")


def _until_next(conn: sqlite3.Connection, table: str, number: int, count: int) -> str:
    """Return the WHERE that leaves out rows after the beginning of the next segment: they were never acknowledged."""
    following = schema_of(number + 1)
    if number == count or table == "readings":
        return ""
    if table == "events":
        (begins_at,) = conn.execute(f"SELECT min(seq) FROM {following}.events").fetchone()
        return f"WHERE seq < {begins_at}"
    return f"WHERE n <= coalesce((SELECT lines FROM {following}.carried AS c WHERE c.run = t.run), 0)"

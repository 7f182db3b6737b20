"""Rows of the journal as values, and values as rows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

import msgspec

from journal.events.envelope import Clock, boot_id, host_name, to_text
from journal.events.types import Body, Event, encode
from journal.store.chain import GENESIS, row_hash
from journal.store.errors import AlreadyStarted, JournalWriteFailed

if TYPE_CHECKING:
    import sqlite3


class OutputLine(msgspec.Struct, frozen=True):
    """One line that a run printed; the journal numbers the lines of a run from 1.

    When it is written, ``n`` is ignored, and a text with line breaks counts as several lines that arrived together.
    """

    run: int
    n: int
    at: datetime
    stream: str
    text: str


class Reading(msgspec.Struct, frozen=True):
    """The latest value of something that is measured over and over, for display."""

    name: str
    at: datetime
    payload: dict[str, Any]


def head_of(conn: sqlite3.Connection) -> tuple[int, str]:
    """Return seq and hash of the last event."""
    row = conn.execute("SELECT seq, hash FROM events ORDER BY seq DESC LIMIT 1").fetchone()
    return row or (0, GENESIS)


def encoded(body: Body) -> tuple[str, str, str]:
    """Return a body's columns ``type``, ``step`` and ``payload``.

    Raises:
        JournalWriteFailed: it holds text that cannot be encoded as UTF-8.
    """
    try:
        columns = encode(body)
        "".join(columns).encode()
    except UnicodeEncodeError as error:
        hint = "Leave out the bytes that are not UTF-8, then do it again."
        raise JournalWriteFailed(
            f"This cannot be written down, it is not valid text: {error.object!r}.", hint
        ) from error
    return columns


def insert_events(
    conn: sqlite3.Connection,
    bodies: Sequence[tuple[Body, tuple[str, str, str]]],
    actor: str,
    clock: Clock,
    after: tuple[int, str] | None = None,
) -> list[Event]:
    """Append events after the last one. The caller holds the write lock and commits.

    Args:
        conn: the connection to write through.
        bodies: each body with its columns, as `encoded` returns them.
        actor: who writes, as ``user@host``.
        clock: tells the time.
        after: seq and hash that the first one follows; None: those of the last event in the file. They are read for
            each transaction, which takes 10 µs: another process may have written since.

    Raises:
        AlreadyStarted: an ``action.started`` for a run that has one.
        sqlite3.Error: SQLite could not write.
    """
    seq, head = after or head_of(conn)
    events: list[Event] = []
    for body, columns in bodies:
        seq += 1
        at = clock.now()
        row = (seq, to_text(at), clock.monotonic_ns(), boot_id(), actor, host_name(), *columns, head)
        head = row_hash(row)
        _insert_event(conn, (*row, head))
        events.append(Event(seq, at, actor, row[5], body, head))
    return events


def _insert_event(conn: sqlite3.Connection, row: Sequence[int | str]) -> None:
    import sqlite3  # who writes has it; who only reads values of rows does without

    try:
        conn.execute("INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", row)
    except sqlite3.IntegrityError as error:
        if error.sqlite_errorcode != sqlite3.SQLITE_CONSTRAINT_UNIQUE and "started already" not in str(error):
            raise
        raise AlreadyStarted("This run was started already; nothing was started again.") from error

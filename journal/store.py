"""The journal of one incident: one SQLite file that is only ever added to (design, section 5)."""

from __future__ import annotations

import os
import sqlite3
import stat
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from journal.chain import short_head
from journal.envelope import Clock, to_text
from journal.events import Body, Event, IncidentDeclared
from journal.export import check_name_is_free, export, flush, seal, temporary_name
from journal.filesystem import check_place
from journal.follow import Follower
from journal.reader import Reader
from journal.rows import OutputLine, Reading, encoded, insert_events, insert_output, output_columns
from journal.schema import create_tables
from journal.store_errors import (
    AlreadyStarted,
    JournalBusy,
    JournalDamaged,
    JournalError,
    JournalExists,
    JournalNotFound,
    JournalReadFailed,
    JournalWriteFailed,
    NetworkFilesystem,
    NewerJournal,
    NotAJournal,
    write_failure,
)
from journal.writer import MOST_ROWS, Writer

__all__ = [
    "AlreadyStarted",
    "Follower",
    "Journal",
    "JournalBusy",
    "JournalDamaged",
    "JournalError",
    "JournalExists",
    "JournalNotFound",
    "JournalReadFailed",
    "JournalWriteFailed",
    "NetworkFilesystem",
    "NewerJournal",
    "NotAJournal",
    "OutputLine",
    "Reader",
    "Reading",
    "export",
    "seal",
    "short_head",
]

_SET_READING = """
INSERT INTO readings VALUES (?, ?, ?) ON CONFLICT (name) DO UPDATE SET at = excluded.at, payload = excluded.payload
"""


class Journal:
    """One incident's SQLite file, open for writing. Thread-safe.

    What a method wrote is on the disk when it returns. When it raises JournalWriteFailed, nothing of it is
    acknowledged, and the same object can be used for another attempt.

    Attributes:
        path: the file.
        warnings: what a person should know about where it lies.
    """

    def __init__(self, path: Path, *, actor: str, clock: Clock | None = None) -> None:
        try:
            self.warnings = check_place(path.parent)
        except OSError as error:
            raise write_failure(path, error) from error
        self.path = path
        self._actor = actor
        self._clock = clock or Clock()
        self._writer = Writer(path)

    @classmethod
    def create(cls, path: Path, first: Body, *, actor: str, clock: Clock | None = None) -> Journal:
        """Begin a journal with its first event, and open it.

        Args:
            path: the new file; its folder is made if it is not there.
            first: the incident's declaration.
            actor: who writes, as ``user@host``.
            clock: what tells the time; for tests.

        Raises:
            TypeError: ``first`` is no declaration.
            JournalExists: there is a file already.
            NetworkFilesystem: journals cannot be kept there.
            JournalWriteFailed: it could not be written.
        """
        if not isinstance(first, IncidentDeclared):
            raise TypeError(f"A journal begins with incident.declared, not {first!r}")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            check_name_is_free(path)
            check_place(path.parent)
            _create_file(path, first, actor, clock or Clock())
        except FileExistsError as error:
            raise JournalExists(f"There is already a file {path}.", "Choose another id for the incident.") from error
        except (sqlite3.Error, OSError) as error:
            raise write_failure(path, error) from error
        return cls.open(path, actor=actor, clock=clock)

    @classmethod
    def open(cls, path: Path, *, actor: str, clock: Clock | None = None) -> Journal:
        """Open a journal for writing (parameters as in `create`).

        Raises:
            JournalNotFound, NotAJournal, NewerJournal, NetworkFilesystem: what their names say.
            JournalWriteFailed: it cannot be written to.
        """
        journal = cls(path, actor=actor, clock=clock)
        try:
            journal._writer.run(lambda conn: None, rows=0)
        except JournalError:
            journal.close()
            raise
        return journal

    def append(self, *bodies: Body, actor: str | None = None) -> list[Event]:
        """Append events, all or none; return them once they are on the disk.

        Args:
            bodies: what happened, in order.
            actor: who did it, if not who opened the journal.

        Raises:
            AlreadyStarted: an ``action.started`` for a run that has one.
            JournalWriteFailed: nothing is acknowledged.
        """
        rows = [(body, encoded(body)) for body in bodies]
        return self._writer.run(lambda conn: insert_events(conn, rows, actor or self._actor, self._clock), len(rows))

    def append_output(self, run: int, lines: Sequence[OutputLine]) -> None:
        """Append what a run printed. The journal numbers the lines.

        Raises:
            JournalWriteFailed: the lines from some batch of 2,500 on are not acknowledged.
        """
        for start in range(0, len(lines), MOST_ROWS):
            batch = [output_columns(line) for line in lines[start : start + MOST_ROWS]]
            self._writer.run(lambda conn, batch=batch: insert_output(conn, run, batch), len(batch))  # type: ignore[misc]

    def output_digest(self, run: int) -> tuple[int, str]:
        """Return how many lines of a run are in the journal, and their digest: what its closing event carries.

        Raises:
            JournalReadFailed: the file cannot be read.
        """
        with Reader(self.path) as reader:
            return reader.output_digest(run)

    def set_reading(self, name: str, payload: Mapping[str, Any]) -> None:
        """Replace the latest value of something that is measured over and over; no trace of the one before is kept.

        Raises:
            JournalWriteFailed: it was not written.
        """
        text = msgspec.json.encode(payload, order="deterministic").decode()
        row = (name, to_text(self._clock.now()), text)
        self._writer.run(lambda conn: conn.execute(_SET_READING, row).close(), rows=1)

    def close(self) -> None:
        """Write what waits and let go of the file; the last one to do so leaves one whole file behind."""
        self._writer.close()

    def __enter__(self) -> Journal:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _create_file(path: Path, first: Body, actor: str, clock: Clock) -> None:
    """Write a whole journal under another name, then give it its own: nobody ever sees half of one.

    Raises:
        FileExistsError: the name is taken.
        sqlite3.Error, OSError: it could not be written.
    """
    beside = temporary_name(path)
    conn = sqlite3.connect(beside, isolation_level=None)
    try:
        create_tables(conn)
        beside.chmod(_mode_for(path.parent))
        conn.execute("PRAGMA synchronous = EXTRA")
        conn.execute("BEGIN IMMEDIATE")
        insert_events(conn, [(first, encoded(first))], actor, clock)
        conn.execute("COMMIT")
        conn.close()
        os.link(beside, path)
        flush(path.parent)
    finally:
        conn.close()
        beside.unlink(missing_ok=True)


def _mode_for(folder: Path) -> int:
    """Return a mode that opens the file to whom the folder is open: a team shares a folder, not a umask."""
    return stat.S_IMODE(folder.stat().st_mode) & 0o664

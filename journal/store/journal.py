"""The journal of one incident: one SQLite file (or several segments) to which rows are only ever added."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from journal.events.envelope import Clock, to_text
from journal.events.typed import Blot, as_typed
from journal.events.types import Body, Event, IncidentDeclared
from journal.store.chain import short_head
from journal.store.errors import (
    AlreadyStarted,
    JournalBusy,
    JournalDamaged,
    JournalError,
    JournalExists,
    JournalNotFound,
    JournalReadFailed,
    JournalUnanswered,
    JournalWriteFailed,
    NetworkFilesystem,
    NewerJournal,
    NotAJournal,
    SegmentMissing,
)
from journal.store.export import export
from journal.store.failover.failover import Failover, check_fallback
from journal.store.failover.segments import fallback_link, settle_fallback
from journal.store.failures import write_failure
from journal.store.filesystem import check_place
from journal.store.folders import keep_private
from journal.store.follow import Follower
from journal.store.new_file import check_name_is_free, new_database
from journal.store.output import in_transactions, insert_output, weight
from journal.store.reader import Reader
from journal.store.rows import OutputLine, Reading, encoded, insert_events
from journal.store.schema import add_rules, create_tables
from journal.store.seal import seal
from journal.store.witness import Witness, nobody
from journal.store.writer import Writer

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
    "JournalUnanswered",
    "JournalWriteFailed",
    "NetworkFilesystem",
    "NewerJournal",
    "NotAJournal",
    "OutputLine",
    "Reader",
    "Reading",
    "SegmentMissing",
    "export",
    "seal",
    "short_head",
]

_SET_READING = """
INSERT INTO readings VALUES (?, ?, ?) ON CONFLICT (name) DO UPDATE SET at = excluded.at, payload = excluded.payload
"""


class Journal:
    """One incident's journal, open for writing. Thread-safe.

    What a method wrote is on the disk when it returns; where the disk fails, on that of the fallback directory. When it
    raises JournalWriteFailed, nothing of it is acknowledged, and the same object can be used for another attempt.

    Attributes:
        path: its first file.
        blot: takes secrets out of what people type; the incident commands use it.
        witness: gives the head to a second party as the incident is closed; whoever opens the journal may set one.
        warnings: what a person should know about its folder and its fallback directory.
    """

    def __init__(
        self,
        path: Path,
        *,
        actor: str,
        clock: Clock | None = None,
        fallback: Path | None = None,
        deadline: bool = False,
        waiting: Callable[[str], None] = lambda text: None,
        blot: Blot = as_typed,
    ) -> None:
        try:
            self.warnings = [*check_place(path.parent), *_settle_fallback(path, fallback)]
        except OSError as error:
            raise write_failure(path, error) from error
        self.path = path
        self.blot = blot
        self.witness: Witness = nobody
        self._actor = actor
        self._clock = clock or Clock()
        self._writer = Writer(path, failover=Failover(actor, self._clock), deadline=deadline, waiting=waiting)

    @classmethod
    def create(
        cls, path: Path, first: Body, *, actor: str, clock: Clock | None = None, fallback: Path | None = None
    ) -> Journal:
        """Begin a journal with its first event, and open it.

        Args:
            path: the new file; its folder is made if it is not there.
            first: the incident's declaration.
            actor: who writes, as ``user@host``.
            clock: tells the time; in an exercise, its own.
            fallback: the folder, on another disk, in which it continues when its disk fails; None: nowhere.

        Raises:
            TypeError: ``first`` is no declaration.
            JournalExists: there is a file already.
            NetworkFilesystem: journals cannot be kept there.
            JournalWriteFailed: it could not be written.
        """
        if not isinstance(first, IncidentDeclared):
            raise TypeError(f"A journal begins with incident.declared, not {first!r}")
        try:
            keep_private(path.parent)
            check_name_is_free(path)
            check_place(path.parent)
            _create_file(path, first, actor, clock or Clock())
        except FileExistsError as error:
            raise JournalExists(f"There is already a file {path}.", "Choose another id for the incident.") from error
        except (sqlite3.Error, OSError) as error:
            raise write_failure(path, error) from error
        return cls.open(path, actor=actor, clock=clock, fallback=fallback)

    @classmethod
    def open(
        cls,
        path: Path,
        *,
        actor: str,
        clock: Clock | None = None,
        fallback: Path | None = None,
        deadline: bool = False,
        waiting: Callable[[str], None] = lambda text: None,
        blot: Blot = as_typed,
    ) -> Journal:
        """Open a journal for writing.

        Args:
            path: its first file.
            actor: who writes, as ``user@host``.
            clock: tells the time; in an exercise, its own.
            fallback: as in `create`; one that was settled earlier is kept.
            deadline: a person waits: raise JournalUnanswered after a minute in which the disk does not answer. Costs
                0.2 ms a write.
            waiting: called with the names of the processes that hold the journal once a write has waited for a second,
                and with an empty text afterwards.
            blot: takes secrets out of what people type.

        Raises:
            JournalNotFound, NotAJournal, NewerJournal, NetworkFilesystem: what their names say.
            JournalWriteFailed: it cannot be written to.
        """
        journal = cls(path, actor=actor, clock=clock, fallback=fallback, deadline=deadline, waiting=waiting, blot=blot)
        try:
            journal._writer.run(lambda conn: None, rows=0)
        except JournalError:
            journal.close()
            raise
        return journal

    def now(self) -> datetime:
        """Return the present, in UTC, by the clock that its events carry."""
        return self._clock.now()

    @property
    def actor(self) -> str:
        """Who writes here, as ``user@host``."""
        return self._actor

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
        """Append what a run printed. The journal numbers the lines; those given as one text share a row.

        Raises:
            JournalWriteFailed: the lines from some transaction (`journal.store.output.in_transactions`) on are not
                acknowledged.
        """
        for batch in in_transactions(lines):
            self._writer.run(lambda conn, rows=batch: insert_output(conn, run, rows), weight(batch))  # type: ignore[misc]

    def output_digest(self, run: int) -> tuple[int, str]:
        """Return how many lines of a run are in the journal, and their digest: what its closing event carries.

        Raises:
            JournalReadFailed: the file cannot be read.
        """
        with Reader(self.path) as reader:
            return reader.output_digest(run)

    def readings(self) -> dict[str, Reading]:
        """Return the latest readings by name.

        Raises:
            JournalReadFailed: the file cannot be read.
        """
        with Reader(self.path) as reader:
            return reader.readings()

    def set_reading(self, name: str, payload: Mapping[str, Any]) -> None:
        """Replace the latest value of something that is measured over and over, as of now (see `set_readings`)."""
        self.set_readings({name: (self._clock.now(), payload)})

    def set_readings(self, readings: Mapping[str, tuple[datetime, Mapping[str, Any]]]) -> None:
        """Replace the latest values of what is measured over and over; no trace of those before is kept.

        They are for display: readers see them at once, and a machine that loses its power may lose the last ones.

        Args:
            readings: by name, when it was measured, and the value.

        Raises:
            JournalWriteFailed: they were not written.
        """
        rows = [
            (name, to_text(at), msgspec.json.encode(payload, order="deterministic").decode())
            for name, (at, payload) in readings.items()
        ]
        self._writer.run(lambda conn: conn.executemany(_SET_READING, rows).close(), rows=len(rows), durable=False)

    def close(self) -> None:
        """Write what waits, and close the file; the last process to do so leaves it complete without its -wal."""
        self._writer.close()

    def __enter__(self) -> Journal:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _create_file(path: Path, first: Body, actor: str, clock: Clock) -> None:
    """Write a complete journal with its first event under its name.

    Raises:
        FileExistsError: the name is taken.
        sqlite3.Error, OSError: it could not be written.
    """
    with new_database(path) as conn:
        create_tables(conn)
        add_rules(conn)
        conn.execute("BEGIN IMMEDIATE")
        insert_events(conn, [(first, encoded(first))], actor, clock)
        conn.execute("COMMIT")


def _settle_fallback(path: Path, fallback: Path | None) -> list[str]:
    """Settle the fallback directory, unless it is settled already; return warnings about it."""
    if fallback is None:
        return []
    try:
        settle_fallback(path, fallback)
        return check_fallback(path.parent, fallback_link(path).readlink())
    except OSError as error:
        return [f"The journal's fallback directory {fallback} could not be noted beside it: {error.strerror}."]

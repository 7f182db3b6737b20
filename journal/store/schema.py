"""The tables and triggers of a journal's file, and how such a file is recognised."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from journal.store.errors import NewerJournal, NotAJournal

APPLICATION_ID = 0x434C454F
"""``CLEO`` in SQLite's header."""

FORMAT = 1
"""The format of the tables that this program writes; a file keeps its own in ``user_version``."""

STEPS: tuple[str, ...] = ()
"""SQL that turns one format into the next; the last step leads to ``FORMAT``. Events and output stay as they are, so
that every hash stays right. Without steps, ``FORMAT`` is the only format that can be read. See `migrate`."""

EVENT_COLUMNS = "seq, at, monotonic_ns, boot_id, actor, host, type, step, payload, prev_hash, hash"

_TABLES = """
CREATE TABLE events (
    seq          INTEGER PRIMARY KEY,
    at           TEXT NOT NULL,
    monotonic_ns INTEGER NOT NULL,
    boot_id      TEXT NOT NULL,
    actor        TEXT NOT NULL,
    host         TEXT NOT NULL,
    type         TEXT NOT NULL,
    step         TEXT NOT NULL,
    payload      TEXT NOT NULL,
    prev_hash    TEXT NOT NULL,
    hash         TEXT NOT NULL
) STRICT;

CREATE UNIQUE INDEX one_start_for_a_run ON events (json_extract(payload, '$.run')) WHERE type = 'action.started';

CREATE TABLE output (
    run    INTEGER NOT NULL,
    n      INTEGER NOT NULL,
    at     TEXT NOT NULL,
    stream TEXT NOT NULL,
    text   TEXT NOT NULL,
    PRIMARY KEY (run, n)
) STRICT, WITHOUT ROWID;

CREATE TABLE readings (
    name    TEXT PRIMARY KEY,
    at      TEXT NOT NULL,
    payload TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE carried (
    run     INTEGER PRIMARY KEY,
    lines   INTEGER NOT NULL,
    started INTEGER NOT NULL
) STRICT;
"""
"""``carried`` is what the segments before this one hold of each run: how many lines it printed, and whether it was
started."""

# INSERT OR REPLACE deletes without firing DELETE triggers, so the insert itself must be in order.
_TRIGGERS = """
CREATE TRIGGER events_follow_each_other BEFORE INSERT ON events
WHEN NEW.seq IS NOT (SELECT coalesce(max(seq), 0) + 1 FROM events)
  OR NEW.prev_hash IS NOT coalesce((SELECT hash FROM events ORDER BY seq DESC LIMIT 1), printf('%064d', 0))
BEGIN SELECT raise(ABORT, 'an event goes after the last one'); END;

CREATE TRIGGER events_stay BEFORE DELETE ON events BEGIN SELECT raise(ABORT, 'events are never deleted'); END;
CREATE TRIGGER events_stand BEFORE UPDATE ON events BEGIN SELECT raise(ABORT, 'events are never changed'); END;

CREATE TRIGGER output_follows_itself BEFORE INSERT ON output
WHEN NEW.n IS NOT 1 + length(CAST(NEW.text AS BLOB)) - length(CAST(replace(NEW.text, char(10), '') AS BLOB))
  + coalesce((SELECT max(n) FROM output WHERE run = NEW.run), (SELECT lines FROM carried WHERE run = NEW.run), 0)
BEGIN SELECT raise(ABORT, 'a line goes after the last one'); END;

CREATE TRIGGER output_stays BEFORE DELETE ON output BEGIN SELECT raise(ABORT, 'output is never deleted'); END;
CREATE TRIGGER output_stands BEFORE UPDATE ON output BEGIN SELECT raise(ABORT, 'output is never changed'); END;

CREATE TRIGGER one_start_over_all_segments BEFORE INSERT ON events
WHEN NEW.type = 'action.started'
 AND EXISTS (SELECT 1 FROM carried WHERE run = json_extract(NEW.payload, '$.run') AND started)
BEGIN SELECT raise(ABORT, 'this run was started already'); END;

CREATE TRIGGER carried_is_settled BEFORE INSERT ON carried BEGIN SELECT raise(ABORT, 'what came before is known'); END;
CREATE TRIGGER carried_stays BEFORE DELETE ON carried BEGIN SELECT raise(ABORT, 'what came before is known'); END;
CREATE TRIGGER carried_stands BEFORE UPDATE ON carried BEGIN SELECT raise(ABORT, 'what came before is known'); END;
"""


def create_tables(conn: sqlite3.Connection) -> None:
    """Create the tables in an empty database. `add_rules` comes next."""
    conn.executescript(
        f"BEGIN; PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {FORMAT}; {_TABLES} COMMIT;"
    )


def add_rules(conn: sqlite3.Connection) -> None:
    """Add the triggers: from now on rows can only be added, each after the last one."""
    conn.executescript(f"BEGIN; {_TRIGGERS} COMMIT;")


def check_format(conn: sqlite3.Connection, path: Path, schema: str = "main") -> None:
    """Refuse a file that this program cannot read.

    Raises:
        NotAJournal: it is another program's database, or of a format that was never in use.
        NewerJournal: a newer version of this program wrote it.
        sqlite3.DatabaseError: SQLite cannot read it.
    """
    (application,) = conn.execute(f"PRAGMA {schema}.application_id").fetchone()
    (version,) = conn.execute(f"PRAGMA {schema}.user_version").fetchone()
    if application != APPLICATION_ID:
        raise not_a_journal(path)
    if version < FORMAT - len(STEPS):
        raise not_a_journal(path)
    if version > FORMAT:
        raise NewerJournal(
            f"The journal {path} has format {version}; this program knows formats up to {FORMAT}.",
            "Open it with the version of Cleo Console that wrote it, or a newer one.",
        )


def not_a_journal(path: Path) -> NotAJournal:
    """Return the error for a file that is something else."""
    return NotAJournal(f"The file {path} is not a journal.", "See `cleo journal list` for the journals there are.")

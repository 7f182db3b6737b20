"""Journals that an older version wrote: read as they are, migrated on a copy when written to, the original kept."""

from __future__ import annotations

import hashlib
import shutil
import sqlite3
import subprocess
from pathlib import Path

import pytest

from journal.check import verify_apart
from journal.events import NoteAdded
from journal.store import Journal, JournalBusy, JournalExists, Reader, export
from journal.verify import verify
from tests.journal.journals import ME, columns, line, recovered

FORMAT_1 = """
PRAGMA application_id = 1129071951; PRAGMA user_version = 1;
CREATE TABLE events (
    seq INTEGER PRIMARY KEY, at TEXT NOT NULL, monotonic_ns INTEGER NOT NULL, boot_id TEXT NOT NULL,
    actor TEXT NOT NULL, host TEXT NOT NULL, type TEXT NOT NULL, step TEXT NOT NULL, payload TEXT NOT NULL,
    prev_hash TEXT NOT NULL, hash TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX one_start_for_a_run ON events (json_extract(payload, '$.run')) WHERE type = 'action.started';
CREATE TRIGGER events_follow_each_other BEFORE INSERT ON events
WHEN NEW.seq IS NOT (SELECT coalesce(max(seq), 0) + 1 FROM events)
  OR NEW.prev_hash IS NOT coalesce((SELECT hash FROM events ORDER BY seq DESC LIMIT 1), printf('%064d', 0))
BEGIN SELECT raise(ABORT, 'an event goes after the last one'); END;
CREATE TRIGGER events_stay BEFORE DELETE ON events BEGIN SELECT raise(ABORT, 'events are never deleted'); END;
CREATE TRIGGER events_stand BEFORE UPDATE ON events BEGIN SELECT raise(ABORT, 'events are never changed'); END;
CREATE TABLE output (
    run INTEGER NOT NULL, n INTEGER NOT NULL, at TEXT NOT NULL, stream TEXT NOT NULL, text TEXT NOT NULL,
    PRIMARY KEY (run, n)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER output_follows_itself BEFORE INSERT ON output
WHEN NEW.n IS NOT (SELECT coalesce(max(n), 0) + 1 FROM output WHERE run = NEW.run)
BEGIN SELECT raise(ABORT, 'a line goes after the last one'); END;
CREATE TRIGGER output_stays BEFORE DELETE ON output BEGIN SELECT raise(ABORT, 'output is never deleted'); END;
CREATE TRIGGER output_stands BEFORE UPDATE ON output BEGIN SELECT raise(ABORT, 'output is never changed'); END;
CREATE TABLE readings (name TEXT PRIMARY KEY, at TEXT NOT NULL, payload TEXT NOT NULL) STRICT, WITHOUT ROWID;
"""
"""The tables as version 1 made them: history, never to be edited."""


@pytest.fixture
def older(tmp_path: Path) -> Path:
    """A journal as version 1 left it behind, closed in order."""
    now = recovered(tmp_path)
    folder = tmp_path / "older"
    folder.mkdir()
    conn = sqlite3.connect(folder / "journal.db", isolation_level=None)
    conn.executescript(FORMAT_1)
    conn.execute("ATTACH ? AS now", (str(now),))
    for table in ("events", "output", "readings"):
        conn.execute(f"INSERT INTO main.{table} SELECT * FROM now.{table}")
    conn.close()
    return folder / "journal.db"


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_reading_and_checking_an_older_journal_leaves_it_as_it_is(older: Path, tmp_path: Path) -> None:
    before = digest(older)
    with Reader(older) as reader:
        assert [event.seq for event in reader.events()] == [1, 2, 3, 4, 5, 6]
        assert [found.text for found in reader.output(2)] == ["restoring", "näheres später", "done"]
        assert not reader.changed()
    assert verify_apart(older).ok
    export(older, tmp_path / "bundle.db")
    assert verify(tmp_path / "bundle.db") == verify(older)
    assert (digest(older), sorted(path.name for path in older.parent.iterdir())) == (before, ["journal.db"])


def test_an_export_of_an_older_journal_is_of_this_version(older: Path, tmp_path: Path) -> None:
    export(older, tmp_path / "bundle.db")
    with Journal.open(tmp_path / "bundle.db", actor=ME) as journal:
        journal.append(NoteAdded(text="no migration needed"))
    assert not list(tmp_path.glob("bundle.format*"))


def test_writing_goes_into_a_migrated_copy_and_the_original_is_kept(older: Path) -> None:
    before, head = digest(older), verify(older).head
    with Journal.open(older, actor=ME) as journal:
        (event,) = journal.append(NoteAdded(text="goes on"))
        journal.append_output(2, [line("one more")])
    assert (event.seq, columns(older, "prev_hash")[-1]) == (7, head)
    kept = older.with_name("journal.format-1.db")
    assert digest(kept) == before
    assert verify(kept, head).ok
    assert [fault.what for fault in verify(older).faults] == ["run 2 printed 3 lines, and 4 are there: some were added"]
    with Reader(older) as reader:
        assert [found.n for found in reader.output(2)] == [1, 2, 3, 4]


def test_a_migrated_journal_can_go_on_in_a_second_place(older: Path, tmp_path: Path) -> None:
    from journal.continuation import Continuation
    from journal.envelope import Clock
    from journal.parts import Parts, parts_of

    with Journal.open(older, actor=ME, second=tmp_path / "second") as journal:
        assert Continuation(ME, Clock()).begin(Parts(older), None, OSError("made up"))
        journal.append(NoteAdded(text="in the second file"))
    assert len(parts_of(older)) == 2
    assert verify_apart(older).seq == 8


def test_who_has_it_open_in_the_older_version_must_end_first(older: Path) -> None:
    holding = subprocess.Popen(
        ["python3", "-c", HOLD, str(older)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert holding.stdout
    assert holding.stdout.readline() == "open\n"
    with pytest.raises(JournalBusy, match="older version of this program"):
        Journal.open(older, actor=ME)
    holding.communicate("end\n", timeout=30)
    assert [path.name for path in older.parent.glob("*.db")] == ["journal.db"]
    assert verify(older).seq == 6
    Journal.open(older, actor=ME).close()


HOLD = """
import sqlite3, sys
conn = sqlite3.connect(sys.argv[1])
conn.execute("PRAGMA journal_mode = WAL")
conn.execute("SELECT * FROM events").fetchall()
print("open", flush=True)
sys.stdin.readline()
conn.execute("PRAGMA journal_mode = DELETE")
"""


def test_an_original_of_an_earlier_migration_is_never_replaced(older: Path) -> None:
    shutil.copy(older, older.with_name("journal.format-1.db"))
    before = digest(older)
    with pytest.raises(JournalExists):
        Journal.open(older, actor=ME)
    assert digest(older) == before
    assert sorted(path.suffix for path in older.parent.iterdir()) == [".db", ".db", ".lock"]

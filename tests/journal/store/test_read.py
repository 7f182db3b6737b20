"""Reading, exporting and sealing, while others write."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
import sqlite_utils

from journal.events.types import NoteAdded
from journal.store.check import verify_apart
from journal.store.journal import Follower, Journal, JournalExists, Reader, export, seal
from journal.store.reader import PAGE
from tests.journal.journals import ME, begun, declaration, line, recovered


def test_events_come_page_by_page_and_whole(tmp_path: Path) -> None:
    with begun(tmp_path) as journal, Reader(journal.path) as reader:
        journal.append(*(NoteAdded(text=str(number)) for number in range(2 * PAGE)))
        assert [event.seq for event in reader.events()] == list(range(1, 2 * PAGE + 2))
        assert [event.seq for event in reader.events(after=10, limit=PAGE + 1)] == list(range(11, PAGE + 12))
        assert list(reader.events(after=5, limit=0)) == []
        assert list(reader.events(after=2 * PAGE + 1)) == []
        assert [event.seq for event in reader.events(types=["incident.declared"])] == [1]
        assert len(list(reader.events(after=10, types=["note.added", "health.changed"]))) == 2 * PAGE - 9
        assert [event.seq for event in reader.events(after=PAGE, until=2 * PAGE)] == list(range(PAGE + 1, 2 * PAGE + 1))


def test_a_reader_that_pauses_holds_nobody_up(tmp_path: Path) -> None:
    with begun(tmp_path) as journal, Reader(journal.path) as reader:
        journal.append(*(NoteAdded(text=str(number)) for number in range(3 * PAGE)))
        events = reader.events()
        next(events)
        conn = sqlite3.connect(journal.path)
        assert conn.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone() == (0, 0, 0)
        conn.close()
        journal.append(NoteAdded(text="meanwhile"))
        assert sum(1 for _ in events) == 3 * PAGE + 1, "what was written meanwhile is there as well"


def test_a_reader_notices_every_kind_of_change(tmp_path: Path) -> None:
    with begun(tmp_path) as journal, Reader(journal.path) as reader:
        assert not reader.changed()
        journal.append(NoteAdded(text="here"))
        assert (reader.changed(), reader.changed()) == (True, False)
        journal.set_reading("postgres", {"up": True})
        assert (reader.changed(), reader.changed()) == (True, False)
        journal.append_output(2, [line("printed")])
        assert (reader.changed(), reader.changed()) == (True, False)


def test_a_reader_of_a_closed_journal_sees_it_go_on(tmp_path: Path) -> None:
    path = recovered(tmp_path)
    with Reader(path) as reader:
        assert reader.head()[0] == 6
        with Journal.open(path, actor=ME) as journal:
            journal.append(NoteAdded(text="late"))
            assert reader.changed()
            assert reader.head()[0] == 7
        assert reader.head()[0] == 7


def test_a_reader_cannot_write(tmp_path: Path) -> None:
    with Reader(recovered(tmp_path)) as reader, pytest.raises(sqlite3.OperationalError, match="readonly"):
        reader._conn.execute("INSERT INTO readings VALUES ('a', '', '{}')")


def test_an_export_is_one_plain_file(tmp_path: Path) -> None:
    to = tmp_path / "ticket" / "export.sqlite"
    to.parent.mkdir()
    with begun(tmp_path) as journal:
        journal.append(NoteAdded(text="for the ticket"))
        journal.append_output(2, [line("printed")])
        export(journal.path, to)
        journal.append(NoteAdded(text="not in it any more"))
    assert [path.name for path in to.parent.iterdir()] == ["export.sqlite"]
    assert to.read_bytes()[18:20] == b"\1\1", "readable without a -wal"
    database = sqlite_utils.Database(to)
    assert [row["type"] for row in database["events"].rows] == ["incident.declared", "note.added"]
    assert database["output"].count == 1
    database.close()
    verdict = verify_apart(to)
    assert (verdict.ok, verdict.seq) == (True, 2)
    assert [path.name for path in to.parent.iterdir()] == ["export.sqlite"]


def test_an_export_replaces_nothing(tmp_path: Path) -> None:
    path = recovered(tmp_path)
    before = path.read_bytes()
    with pytest.raises(JournalExists):
        export(path, path)
    assert path.read_bytes() == before


def test_sealing_waits_for_nobody(tmp_path: Path) -> None:
    journal = begun(tmp_path)
    with Reader(journal.path) as reader:
        reader.head()
        assert not seal(journal.path), "we have it open ourselves"
        journal.append(NoteAdded(text="still works"))
        journal.close()
        assert not seal(journal.path)
        assert reader.head()[0] == 2
    assert seal(journal.path)
    assert not journal.path.with_name("journal.sqlite-wal").exists()
    assert verify_apart(journal.path).ok


def test_nothing_opens_the_file_but_sqlite(tmp_path: Path) -> None:
    """Opening and closing it in any other way drops SQLite's locks: `tests/guard` fails whoever does, and so this."""
    path = tmp_path / "journal.sqlite"
    with Journal.create(path, declaration(), actor=ME) as journal, Reader(path) as reader, Follower(path) as follower:
        journal.append(NoteAdded(text="a"))
        journal.append_output(2, [line("printed")])
        journal.set_reading("postgres", {})
        journal.output_digest(2)
        assert len(follower.wait(1)) == 2
        list(reader.events()), reader.output(2), reader.tail(2, 1), reader.readings(), reader.head(), reader.changed()
        export(path, path.with_name("export.sqlite"))
        seal(path)
        assert verify_apart(path).ok
    with Journal.open(path, actor=ME) as journal:
        journal.append(NoteAdded(text="b"))
    seal(path)
    assert verify_apart(path).ok

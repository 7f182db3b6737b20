"""Journals of an older format: read without a change to them, upgraded on a copy when written to, the original kept.

There is only one format so far. These tests make up an older one, and the step from it (`tests.journal.journals.STEP`).
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import threading
from contextlib import closing
from pathlib import Path
from sqlite3 import connect

import pytest

from journal.events.envelope import Clock
from journal.events.types import ActionFinished, ActionStarted, NoteAdded, RunRequested
from journal.store import schema
from journal.store.check import verify_apart
from journal.store.failover.failover import Failover
from journal.store.failover.segments import Segments, fallback_link, segments_of
from journal.store.journal import Journal, JournalBusy, JournalExists, NotAJournal, Reader, export
from journal.verify import verify
from tests.journal.journals import ME, STEP, columns, declaration, line, make_older, recovered


@pytest.fixture(autouse=True)
def later_version(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the program know an older format."""
    monkeypatch.setattr(schema, "STEPS", (STEP,))


@pytest.fixture
def older(tmp_path: Path) -> Path:
    """A journal as an older version left it behind, closed in order."""
    path = recovered(tmp_path / "INC-7").rename(tmp_path / "INC-7" / "journal.db")
    with Journal.open(path, actor=ME) as journal:
        journal.set_reading("load", {"percent": 7})
    path.with_name("journal.db.lock").unlink()
    path.with_name("journal.sqlite.lock").unlink()
    make_older(path)
    return path


@pytest.fixture
def second(tmp_path: Path) -> tuple[Path, Path]:
    """A journal as an older version left it behind, continued in a second segment while a run printed."""
    first = tmp_path / "INC-7" / "journal.db"
    with Journal.create(first, declaration(), actor=ME, fallback=tmp_path / "second") as journal:
        journal.append(RunRequested(step="restore", action="postgres.restore"))
        journal.append(ActionStarted(step="restore", run=2, action="postgres.restore"))
        journal.append_output(2, [line("one"), line("two\nthree")])
        assert Failover(ME, Clock()).begin(Segments(first), None, OSError("made up"))
        journal.append_output(2, [line("four")])
        lines, sha256 = journal.output_digest(2)
        end = ActionFinished(run=2, status="succeeded", summary="", output_lines=lines, output_sha256=sha256)
        journal.append(end)
        journal.set_reading("load", {"percent": 7})
    make_older(*segments_of(first))
    return first, segments_of(first)[1]


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def texts(path: Path) -> list[str]:
    with Reader(path) as reader:
        return [found.text for found in reader.output(2)]


def test_reading_checking_and_exporting_an_older_journal_leave_it_as_it_is(older: Path, tmp_path: Path) -> None:
    before = digest(older)
    with Reader(older) as reader:
        assert [event.seq for event in reader.events()] == [1, 2, 3, 4, 5, 6]
        assert [found.text for found in reader.output(2)] == ["restoring", "näheres später", "done"]
        assert reader.readings()["load"].payload == {"percent": 7}
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


def test_writing_goes_into_an_upgraded_copy_and_the_original_is_kept(older: Path) -> None:
    before, head = digest(older), verify(older).head
    with Journal.open(older, actor=ME) as journal:
        (event,) = journal.append(NoteAdded(text="goes on"))
        journal.append_output(2, [line("one more")])
        journal.set_reading("load", {"percent": 8})
        assert journal.readings()["load"].payload == {"percent": 8}
    assert (event.seq, columns(older, "prev_hash")[-1]) == (7, head)
    kept = older.with_name("journal.format-0.db")
    assert digest(kept) == before
    assert verify(kept, head).ok
    assert [fault.what for fault in verify(older).faults] == ["run 2 printed 3 lines, and 4 are there: some were added"]
    with Reader(older) as reader:
        assert [found.n for found in reader.output(2)] == [1, 2, 3, 4]


def test_a_format_that_was_never_in_use_is_refused(older: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schema, "STEPS", ())
    before = digest(older)
    for opening in (Reader, lambda path: Journal.open(path, actor=ME)):
        with pytest.raises(NotAJournal):
            opening(older)
    assert digest(older) == before


def test_an_upgraded_journal_can_fail_over(older: Path, tmp_path: Path) -> None:
    with Journal.open(older, actor=ME, fallback=tmp_path / "second") as journal:
        assert Failover(ME, Clock()).begin(Segments(older), None, OSError("made up"))
        journal.append(NoteAdded(text="in the second segment"))
    assert len(segments_of(older)) == 2
    assert verify_apart(older).seq == 8


def test_all_segments_of_an_older_journal_read_as_one(second: tuple[Path, Path], tmp_path: Path) -> None:
    before = [digest(path) for path in second]
    assert texts(second[0]) == ["one", "two", "three", "four"]
    with Reader(second[0]) as reader:
        assert reader.readings()["load"].payload == {"percent": 7}
    assert verify_apart(second[0]).ok
    export(second[0], tmp_path / "bundle.db")
    assert verify(tmp_path / "bundle.db") == verify_apart(second[0])
    assert texts(tmp_path / "bundle.db") == texts(second[0])
    assert [digest(path) for path in second] == before


def test_only_the_segment_that_is_written_to_is_upgraded(second: tuple[Path, Path]) -> None:
    first, following = second
    before = [digest(path) for path in second]
    with Journal.open(first, actor=ME) as journal:
        journal.append(NoteAdded(text="goes on"))
        journal.append_output(2, [line("five\nsix"), line("seven")])
    assert texts(first)[3:] == ["four", "five", "six", "seven"]
    assert [digest(first), digest(following.with_name("journal-2.format-0.db"))] == before
    assert [fault.what for fault in verify(first, more=[following]).faults] == [
        "run 2 printed 4 lines, and 7 are there: some were added"
    ]


WRITE_AND_DIE = """
import os, sqlite3, sys
conn = sqlite3.connect(sys.argv[1])
conn.execute("PRAGMA journal_mode = WAL")
conn.execute("INSERT INTO readings VALUES ('x', '2026-03-01T03:05:00.000000Z', '{}')")
conn.commit()
os._exit(0)
"""


@pytest.mark.parametrize("segment", [0, 1])
def test_who_reads_an_older_journal_is_not_in_the_way_and_reads_on(second: tuple[Path, Path], segment: int) -> None:
    """Also where its last program was killed, so that it lies there with its log."""
    first = second[0]
    if segment == 0:
        fallback_link(first).unlink()
        first.with_name("journal.db.next").unlink()
    subprocess.run(["python3", "-c", WRITE_AND_DIE, str(second[segment])], check=True)
    with Reader(first) as reader:
        seq, _ = reader.head()
        printed_before = len(reader.output(2))
        assert "x" in reader.readings()
        assert not reader.changed()
        with Journal.open(first, actor=ME) as journal:
            (event,) = journal.append(NoteAdded(text="goes on"))
            journal.append_output(2, [line("one more\nand more")])
        assert reader.changed()
        assert reader.head() == (event.seq, event.hash) == (seq + 1, event.hash)
        assert [found.text for found in reader.output(2, after=printed_before)] == ["one more", "and more"]


def test_a_reader_that_takes_its_copy_at_that_moment_is_waited_for(older: Path) -> None:
    copying = connect(older, isolation_level=None, check_same_thread=False)
    copying.execute("BEGIN")
    assert copying.execute("SELECT count(*) FROM events").fetchone() == (6,)
    done = threading.Timer(0.2, copying.close)
    done.start()
    with Journal.open(older, actor=ME) as journal:
        assert journal.append(NoteAdded(text="goes on"))[0].seq == 7
    done.join()


def test_an_older_journal_whose_disk_is_full_fails_over_and_reads_as_one(older: Path, tmp_path: Path) -> None:
    fallback_link(older).symlink_to(tmp_path / "second")
    assert Failover(ME, Clock()).begin(Segments(older), None, OSError("there is no space for an upgraded copy"))
    with Journal.open(older, actor=ME) as journal:
        journal.append_output(2, [line("four\nfive")])
    assert texts(older)[3:] == ["four", "five"]
    assert verify_apart(older).seq == 7
    export(older, tmp_path / "bundle.db")
    assert texts(tmp_path / "bundle.db") == texts(older)


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
    shutil.copy(older, older.with_name("journal.format-0.db"))
    before = digest(older)
    with pytest.raises(JournalExists):
        Journal.open(older, actor=ME)
    assert digest(older) == before
    assert sorted(path.suffix for path in older.parent.iterdir()) == [".db", ".db", ".lock"]


def test_without_its_step_the_older_format_cannot_be_read(older: Path) -> None:
    """What these tests stand on: the made-up format differs from the present one."""
    with closing(connect(older)) as conn, pytest.raises(Exception, match="no such column: payload"):
        conn.execute("SELECT name, at, payload FROM readings")

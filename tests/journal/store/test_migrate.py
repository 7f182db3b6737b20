"""Journals that an older version wrote: read as they are, migrated on a copy when written to, the original kept."""

from __future__ import annotations

import hashlib
import shutil
import sqlite3
import subprocess
import threading
from pathlib import Path

import pytest

from journal.events.envelope import Clock
from journal.events.types import ActionFinished, ActionStarted, NoteAdded, RunRequested
from journal.store.check import verify_apart
from journal.store.failover.failover import Continuation
from journal.store.failover.segments import Segments, link_to_second, parts_of
from journal.store.journal import Journal, JournalBusy, JournalExists, Reader, export
from journal.verify import verify
from tests.journal.journals import ME, as_version_2, columns, declaration, line, recovered
from tests.journal.store.formats import FORMAT_1


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


ODD = "two\nlines in one"
"""What version 2 took as one line, where somebody gave it such a text."""


@pytest.fixture
def second(tmp_path: Path) -> tuple[Path, Path]:
    """A journal as version 2 left it behind, gone on in a second place while a run printed."""
    now, first, following = (tmp_path / name for name in ("now.db", "INC-7/journal.db", "second/journal-2.db"))
    with Journal.create(now, declaration(), actor=ME, second=tmp_path / "elsewhere") as journal:
        journal.append(RunRequested(step="restore", action="postgres.restore"))
        journal.append(ActionStarted(step="restore", run=2, action="postgres.restore"))
        journal.append_output(2, [line("one")])
        printed(now, 2, ODD)
        journal.append_output(2, [line("three")])
        assert Continuation(ME, Clock()).begin(Segments(now), None, OSError("made up"))
        journal.append_output(2, [line("four")])
        printed(parts_of(now)[1], 5, ODD)
        lines, sha256 = journal.output_digest(2)
        end = ActionFinished(run=2, status="succeeded", summary="", output_lines=lines, output_sha256=sha256)
        journal.append(end)
    for old, new in zip((first, following), parts_of(now), strict=True):
        as_version_2(old, new)
    link_to_second(first).symlink_to(following.parent)
    return first, following


def printed(path: Path, n: int, text: str) -> None:
    """Write a row as version 2 would have done."""
    conn = sqlite3.connect(path)
    with conn:
        conn.execute("INSERT INTO output VALUES (2, ?, '2026-03-01T03:05:00.000000Z', 'out', ?)", (n, text))
    conn.close()


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
    with Journal.open(older, actor=ME, second=tmp_path / "second") as journal:
        assert Continuation(ME, Clock()).begin(Segments(older), None, OSError("made up"))
        journal.append(NoteAdded(text="in the second file"))
    assert len(parts_of(older)) == 2
    assert verify_apart(older).seq == 8


def lines_of(path: Path) -> list[tuple[int, str]]:
    with Reader(path) as reader:
        return [(found.n, found.text) for found in reader.output(2)]


def test_what_version_2_kept_is_read_as_it_was_meant(second: tuple[Path, Path], tmp_path: Path) -> None:
    before = [digest(path) for path in second]
    assert lines_of(second[0]) == [(1, "one"), (2, ODD), (3, "three"), (4, "four"), (5, ODD)]
    with Reader(second[0]) as reader:
        assert [found.n for found in reader.tail(2, 2)] == [4, 5]
        assert [found.text for found in reader.output(2, after=1, limit=2)] == [ODD, "three"]
        assert reader.printed(2, line("").at) == {"stdout": 3, "out": 2}
    assert verify_apart(second[0]).ok
    export(second[0], tmp_path / "bundle.db")
    assert verify(tmp_path / "bundle.db") == verify_apart(second[0])
    assert lines_of(tmp_path / "bundle.db") == lines_of(second[0])
    assert [digest(path) for path in second] == before


def test_what_version_2_wrote_goes_on_in_lines_that_share_a_row(second: tuple[Path, Path]) -> None:
    first, following = second
    before = [digest(path) for path in second]
    with Journal.open(first, actor=ME) as journal:
        journal.append(NoteAdded(text="goes on"))
        journal.append_output(2, [line("six\nseven"), line("eight")])
    assert lines_of(first)[4:] == [(5, ODD), (6, "six"), (7, "seven"), (8, "eight")]
    assert [digest(first), digest(following.with_name("journal-2.format-2.db"))] == before
    assert [fault.what for fault in verify(first, more=[following]).faults] == [
        "run 2 printed 5 lines, and 8 are there: some were added"
    ]


WRITE_AND_DIE = """
import os, sqlite3, sys
conn = sqlite3.connect(sys.argv[1])
conn.execute("PRAGMA journal_mode = WAL")
conn.execute("INSERT INTO readings VALUES ('x', '2026-03-01T03:05:00.000000Z', '{}')")
conn.commit()
os._exit(0)
"""


@pytest.mark.parametrize("part", [0, 1])
def test_who_reads_an_older_journal_is_not_in_the_way_and_reads_on(second: tuple[Path, Path], part: int) -> None:
    """Also where its last program was killed, so that it lies there with its log."""
    first = second[0]
    if part == 0:
        link_to_second(first).unlink()
    subprocess.run(["python3", "-c", WRITE_AND_DIE, str(second[part])], check=True)
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
    copying = sqlite3.connect(older, isolation_level=None, check_same_thread=False)
    copying.execute("BEGIN")
    assert copying.execute("SELECT count(*) FROM events").fetchone() == (6,)
    done = threading.Timer(0.2, copying.close)
    done.start()
    with Journal.open(older, actor=ME) as journal:
        assert journal.append(NoteAdded(text="goes on"))[0].seq == 7
    done.join()


def test_an_export_of_version_2_is_of_this_version(second: tuple[Path, Path], tmp_path: Path) -> None:
    (tmp_path / "alone").mkdir()
    shutil.copy(second[0], tmp_path / "alone" / "journal.db")
    export(tmp_path / "alone" / "journal.db", tmp_path / "bundle.db")
    with Journal.open(tmp_path / "bundle.db", actor=ME) as journal:
        journal.append_output(2, [line("four\nfive")])
    assert lines_of(tmp_path / "bundle.db") == [(1, "one"), (2, ODD), (3, "three"), (4, "four"), (5, "five")]
    assert not list(tmp_path.glob("bundle.format*"))


def test_a_journal_of_version_1_whose_disk_is_full_goes_on_and_reads_as_one(older: Path, tmp_path: Path) -> None:
    link_to_second(older).symlink_to(tmp_path / "second")
    assert Continuation(ME, Clock()).begin(Segments(older), None, OSError("there is no space for a migrated copy"))
    with Journal.open(older, actor=ME) as journal:
        journal.append_output(2, [line("four\nfive")])
    assert [n for n, _ in lines_of(older)] == [1, 2, 3, 4, 5]
    export(older, tmp_path / "bundle.db")
    assert lines_of(tmp_path / "bundle.db") == lines_of(older)


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

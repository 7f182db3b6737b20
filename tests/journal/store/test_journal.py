"""Appending: what was acknowledged is there, in order, once."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from journal.events.envelope import Clock
from journal.events.types import ActionStarted, NoteAdded
from journal.store.journal import AlreadyStarted, Journal, JournalExists, JournalWriteFailed, Reader, short_head
from journal.verify import verify
from tests.journal.journals import ME, begun, columns, declaration, line, python, recovered


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    with begun(tmp_path) as journal:
        yield journal


def test_a_new_journal_holds_its_declaration(journal: Journal) -> None:
    with Reader(journal.path) as reader:
        (first,) = reader.events()
    assert first.body == declaration()
    assert (first.seq, first.actor) == (1, ME)
    assert columns(journal.path, "prev_hash") == ["0" * 64]


def test_a_journal_begins_with_nothing_else(tmp_path: Path) -> None:
    with pytest.raises(TypeError):
        Journal.create(tmp_path / "journal.sqlite", NoteAdded(text="?"), actor=ME)
    assert not list(tmp_path.iterdir())


def test_an_existing_file_is_never_replaced(journal: Journal) -> None:
    journal.append(NoteAdded(text="keep me"))
    with pytest.raises(JournalExists):
        Journal.create(journal.path, declaration(), actor=ME)
    with Reader(journal.path) as reader:
        assert len(list(reader.events())) == 2
    assert not [path for path in journal.path.parent.iterdir() if path.name.endswith(".new")]


def test_what_append_returns_is_what_is_there(journal: Journal) -> None:
    events = journal.append(NoteAdded(text="one"), NoteAdded(text="zwei ☂"), actor="eve@laptop")
    with Reader(journal.path) as reader:
        first, *rest = reader.events()
        assert rest == events
        assert reader.head() == (3, events[-1].hash)
    assert [event.actor for event in events] == ["eve@laptop"] * 2
    assert columns(journal.path, "prev_hash")[1:] == [first.hash, events[0].hash]
    assert columns(journal.path, "boot_id")[-1] == Path("/proc/sys/kernel/random/boot_id").read_text().strip()


def test_a_run_starts_once(journal: Journal) -> None:
    journal.append(ActionStarted(run=2, action="postgres.restore"))
    with pytest.raises(AlreadyStarted):
        journal.append(NoteAdded(text="with it"), ActionStarted(run=2, action="postgres.restore"))
    (after,) = journal.append(ActionStarted(run=3, action="postgres.restore"))
    assert after.seq == 3, "what failed must leave nothing, not even the note before it"


def test_text_that_is_none_is_refused_and_the_journal_goes_on(journal: Journal) -> None:
    with pytest.raises(JournalWriteFailed, match="not valid text"):
        journal.append(NoteAdded(text="caf\udce9"))
    assert journal.append(NoteAdded(text="café"))[0].seq == 2


def test_a_closed_journal_says_so(journal: Journal) -> None:
    journal.close()
    with pytest.raises(JournalWriteFailed, match="closed"):
        journal.append(NoteAdded(text="late"))


def test_a_clock_that_jumps_back_changes_no_order(tmp_path: Path) -> None:
    three = datetime(2026, 3, 1, 3, tzinfo=UTC)
    times = iter([three, three + timedelta(minutes=1), three - timedelta(hours=1)])
    clock = Clock(now=lambda: next(times))
    with Journal.create(tmp_path / "j.sqlite", declaration(), actor=ME, clock=clock) as journal:
        journal.append(NoteAdded(text="before"))
        journal.append(NoteAdded(text="after"))
    with Reader(journal.path) as reader:
        events = list(reader.events())
    assert [event.seq for event in events] == [1, 2, 3]
    assert events[2].at == three - timedelta(hours=1)
    counted = columns(journal.path, "monotonic_ns")
    assert counted[2] > counted[1]
    assert verify(journal.path).ok


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE events SET payload = '{}' WHERE seq = 2",
        "DELETE FROM events WHERE seq = 6",
        "INSERT OR REPLACE INTO events SELECT * FROM events WHERE seq = 6",
        "INSERT OR REPLACE INTO events SELECT 2, at, 0, '', '', '', type, '', '{}', prev_hash, '' FROM events",
        "INSERT INTO events SELECT 99, at, 0, '', '', '', type, '', '{}', hash, '' FROM events WHERE seq = 6",
        "INSERT INTO events SELECT 7, at, 0, '', '', '', type, '', '{}', 'a fork', '' FROM events WHERE seq = 6",
        "UPDATE output SET text = 'failed'",
        "DELETE FROM output",
        "INSERT OR REPLACE INTO output SELECT run, 1, at, stream, 'failed' FROM output",
        "INSERT INTO output SELECT run, 9, at, stream, text FROM output",
    ],
)
def test_nothing_but_appending_passes(tmp_path: Path, statement: str) -> None:
    path = recovered(tmp_path)
    before = verify(path)
    conn = sqlite3.connect(path)
    with pytest.raises(sqlite3.IntegrityError), conn:
        conn.execute(statement)
    conn.close()
    assert verify(path) == before
    assert (before.ok, before.seq) == (True, 6)


def test_output_is_numbered_by_the_journal(journal: Journal) -> None:
    journal.append_output(2, [line("a"), line("b")])
    journal.append_output(3, [line("other run")])
    journal.append_output(2, [line("c")])
    with Reader(journal.path) as reader:
        assert [(each.n, each.text) for each in reader.output(2)] == [(1, "a"), (2, "b"), (3, "c")]
        assert [each.n for each in reader.output(2, after=1, limit=1)] == [2]
        assert [each.text for each in reader.tail(2, 2)] == ["b", "c"]
        assert reader.output(2)[0].at == line("a").at


def test_a_flood_of_output_is_kept_whole(journal: Journal) -> None:
    journal.append_output(2, [line(f"line {number}") for number in range(6_001)])
    lines, digest = journal.output_digest(2)
    assert lines == 6_001
    with Reader(journal.path) as reader:
        assert reader.tail(2, 1)[0].text == "line 6000"
    journal.append_output(2, [line("one more")])
    assert journal.output_digest(2)[1] != digest


def test_output_that_is_no_text_is_made_visible(journal: Journal) -> None:
    journal.append_output(2, [line("caf\udce9"), line("nul \0 inside")])
    with Reader(journal.path) as reader:
        assert [each.text for each in reader.output(2)] == ["caf\\udce9", "nul \0 inside"]


def test_a_reading_replaces_the_one_before(journal: Journal) -> None:
    journal.set_reading("postgres", {"up": True, "lag_s": 0.5})
    journal.set_reading("postgres", {"up": False})
    with Reader(journal.path) as reader:
        (reading,) = reader.readings().values()
    assert (reading.name, reading.payload) == ("postgres", {"up": False})
    assert abs(datetime.now(UTC) - reading.at) < timedelta(minutes=1)


def test_the_short_head_can_be_said_aloud() -> None:
    assert short_head("7f3a09bc" + "0" * 56) == "7f3a-09bc"


def test_a_file_is_as_open_as_its_folder(tmp_path: Path) -> None:
    team, own = tmp_path / "team", tmp_path / "own"
    team.mkdir(mode=0o700)
    team.chmod(0o2770)
    own.mkdir(mode=0o700)
    for folder, mode in ((team, 0o660), (own, 0o600)):
        with begun(folder) as journal:
            journal.append(NoteAdded(text="so that there is a -wal"))
            for path in (journal.path, folder / "journal.sqlite-wal"):
                assert path.stat().st_mode & 0o777 == mode


def test_nothing_heavy_is_imported() -> None:
    heavy = "{'textual', 'rich', 'sqlite_utils', 'psycopg', 'asyncssh', 'boto3', 'kubernetes', 'asyncio', 'yaml'}"
    done = python(f"import sys, journal.store.journal; print({heavy} & set(sys.modules))")
    assert done.stdout == "set()\n", done.stderr

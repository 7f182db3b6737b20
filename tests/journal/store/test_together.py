"""Several writers at once: threads that share a flush, processes that wait for each other."""

from __future__ import annotations

import fcntl
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from journal.events.types import NoteAdded
from journal.store.journal import Journal, JournalBusy, JournalUnanswered, JournalWriteFailed, Reader
from journal.store.writer import Writer
from journal.verify import verify
from tests.journal.journals import ME, ROOT, begun
from tests.waiting import until

WRITER = """
import sys, time
from pathlib import Path
from journal.events.types import NoteAdded
from journal.store.journal import Journal
path, name, count = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
with Journal.open(path, actor=name) as journal:
    print("ready", flush=True)
    sys.stdin.readline()
    longest = 0.0
    for number in range(count):
        started = time.monotonic()
        journal.append(NoteAdded(text=str(number)))
        longest = max(longest, time.monotonic() - started)
print(longest)
"""


@pytest.mark.parametrize("writers", [2, 4])
def test_processes_take_turns(tmp_path: Path, writers: int) -> None:
    with begun(tmp_path) as journal:
        path = journal.path
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, str(path), f"writer-{number}", "250"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for number in range(writers)
    ]
    for process in processes:
        assert process.stdout is not None
        assert process.stdin is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    longest = [float(process.communicate(timeout=120)[0]) for process in processes]
    assert max(longest) < 4.0, "busy_timeout alone starved a writer for 4.9 s"
    with Reader(path) as reader:
        events = list(reader.events(after=1))
    assert len(events) == 250 * writers
    for number in range(writers):
        texts = [event.body.text for event in events if event.actor == f"writer-{number}"]  # type: ignore[attr-defined]
        assert texts == [str(count) for count in range(250)]
    assert verify(path).ok


def test_two_journals_in_one_process(tmp_path: Path) -> None:
    with begun(tmp_path) as one, Journal.open(one.path, actor="eve@laptop") as other:
        for number in range(20):
            assert one.append(NoteAdded(text="a"))[0].seq == 2 * number + 2
            assert other.append(NoteAdded(text="b"))[0].seq == 2 * number + 3
    assert verify(one.path).ok


def test_threads_share_one_journal(tmp_path: Path) -> None:
    acknowledged: list[int] = []
    with begun(tmp_path) as journal:

        def work() -> None:
            for _ in range(100):
                acknowledged.extend(event.seq for event in journal.append(NoteAdded(text="a"), NoteAdded(text="b")))

        threads = [threading.Thread(target=work) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sorted(acknowledged) == list(range(2, 1602))
    assert verify(journal.path).ok


def test_who_waits_too_long_is_told_and_nothing_is_written(tmp_path: Path) -> None:
    begun(tmp_path).close()
    path = tmp_path / "journal.sqlite"
    writer = Writer(path, patience=0.2)
    with path.with_name("journal.sqlite.lock").open() as stuck:
        fcntl.flock(stuck, fcntl.LOCK_EX)
        with pytest.raises(JournalBusy, match=r"nothing was written"):
            writer.run(lambda conn: conn.execute("INSERT INTO readings VALUES ('late', '', '{}')").close(), 1)
    writer.run(lambda conn: conn.execute("INSERT INTO readings VALUES ('after', '2026-03-01', '{}')").close(), 1)
    with Reader(path) as reader:
        assert list(reader.readings()) == ["after"]
    writer.close()


def test_who_is_not_answered_can_wait_on_instead_of_writing_it_twice(tmp_path: Path) -> None:
    begun(tmp_path).close()
    path = tmp_path / "journal.sqlite"
    writer, answers = Writer(path, patience=0.05, deadline=True), threading.Event()

    def hangs(conn: sqlite3.Connection) -> None:
        conn.execute("INSERT INTO readings VALUES ('slow', '2026-03-01', '{}')").close()
        answers.wait(20)

    unanswered = begun_and_unanswered(writer, hangs)
    with pytest.raises(JournalUnanswered, match="may or may not be written"):
        unanswered.settle()
    answers.set()
    until(lambda: settled(unanswered))
    with Reader(path) as reader:
        assert list(reader.readings()) == ["slow"]
    writer.close()


def begun_and_unanswered(writer: Writer, work: Callable[[sqlite3.Connection], None]) -> JournalUnanswered:
    """Have something written that hangs; ask again where a busy machine did not even begin it: nothing was written."""
    for _ in range(400):
        try:
            writer.run(work, 1)
        except JournalBusy:
            continue
        except JournalUnanswered as error:
            assert "may or may not be written" in error.message
            return error
    raise AssertionError("it was answered, or never begun")


def settled(unanswered: JournalUnanswered) -> bool:
    try:
        unanswered.settle()
    except JournalUnanswered:
        return False
    return True


def test_every_commit_is_flushed_to_the_disk(tmp_path: Path) -> None:
    begun(tmp_path).close()
    writer = Writer(tmp_path / "journal.sqlite")
    full = 2
    assert writer.run(lambda conn: conn.execute("PRAGMA synchronous").fetchone(), 0) == (full,)
    assert writer.run(lambda conn: conn.execute("PRAGMA journal_mode").fetchone(), 0) == ("wal",)
    writer.close()


def test_work_that_fails_in_the_middle_leaves_nothing_and_the_writer_goes_on(tmp_path: Path) -> None:
    begun(tmp_path).close()
    path = tmp_path / "journal.sqlite"
    writer = Writer(path)

    def half(conn: sqlite3.Connection) -> None:
        conn.execute("INSERT INTO readings VALUES ('half', '', '{}')")
        conn.execute("INSERT INTO nowhere VALUES (1)")

    with pytest.raises(JournalWriteFailed, match="nowhere") as raised:
        writer.run(half, 2)
    assert isinstance(raised.value.__cause__, sqlite3.OperationalError)
    assert writer.run(lambda conn: conn.execute("SELECT * FROM readings").fetchall(), 0) == []
    writer.close()


def test_the_last_to_close_leaves_one_whole_file(tmp_path: Path) -> None:
    journal = begun(tmp_path)
    other = Journal.open(journal.path, actor=ME)
    journal.append(NoteAdded(text="kept"))
    journal.close()
    assert journal.path.with_name("journal.sqlite-wal").exists()
    other.close()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["journal.sqlite", "journal.sqlite.lock"]
    assert journal.path.read_bytes()[18:20] == b"\1\1", "not in WAL mode any more"


def test_an_interrupt_in_the_middle_leaves_nothing_half_written(tmp_path: Path) -> None:
    begun(tmp_path).close()
    writer = Writer(tmp_path / "journal.sqlite")

    def interrupted(conn: sqlite3.Connection) -> None:
        conn.execute("INSERT INTO readings VALUES ('half', '', '{}')")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        writer.run(interrupted, 1)
    with Journal.open(tmp_path / "journal.sqlite", actor=ME) as other:
        other.append(NoteAdded(text="nobody holds the file"))
    assert writer.run(lambda conn: conn.execute("SELECT * FROM readings").fetchall(), 0) == []
    writer.close()


@pytest.mark.parametrize("deadline", [False, True])
def test_who_may_not_wait_for_ever_has_another_thread_write(tmp_path: Path, deadline: bool) -> None:
    begun(tmp_path).close()
    writer = Writer(tmp_path / "journal.sqlite", deadline=deadline)
    own = writer.run(lambda conn: threading.current_thread() is threading.main_thread(), 0)
    assert own is not deadline
    writer.close()

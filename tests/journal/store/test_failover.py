"""Failover: reported at once, continued in the next segment, nothing acknowledged lost, and never two ends."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from journal.events.types import ActionFinished, ActionStarted, JournalContinued, NoteAdded, RunRequested
from journal.store.chain import row_hash
from journal.store.check import verify_apart
from journal.store.failover.segments import segments_of
from journal.store.journal import AlreadyStarted, Follower, Journal, JournalWriteFailed, Reader, SegmentMissing, export
from journal.verify import verify
from tests.journal.journals import ME, ROOT, declaration, line
from tests.journal.store.disks import Disk, small_disk

BIG = "x" * 3_000


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    with small_disk(tmp_path / "disk") as disk:
        yield disk


def begun_on(disk: Disk, second: Path | None) -> Journal:
    return Journal.create(disk.folder / "INC-7" / "journal.db", declaration(), actor=ME, fallback=second)


def until_it_goes_on(journal: Journal, segments: int = 2) -> None:
    for _ in range(400):
        if len(segments_of(journal.path)) >= segments:
            return
        journal.append(NoteAdded(text=BIG))
    raise AssertionError("it never went on")


def gone_on(disk: Disk, second: Path) -> tuple[Path, Path]:
    """Return both files of a journal with a run whose output, start and end are spread over them."""
    with begun_on(disk, second) as journal:
        (asked,) = journal.append(RunRequested(step="restore", action="postgres.restore"))
        journal.append(ActionStarted(step="restore", run=asked.seq, action="postgres.restore"))
        journal.append_output(asked.seq, [line(f"before {number}") for number in range(3)])
        journal.set_reading("postgres", {"up": False})
        disk.fill()
        until_it_goes_on(journal)
        journal.append_output(asked.seq, [line(f"after {number}") for number in range(2)])
        journal.set_reading("postgres", {"up": True})
        lines, digest = journal.output_digest(asked.seq)
        assert lines == 5
        end = ActionFinished(run=asked.seq, status="succeeded", summary="ok", output_lines=lines, output_sha256=digest)
        journal.append(end)
    disk.free()
    first, following = segments_of(journal.path)
    return first, following


def test_it_goes_on_by_itself_and_reads_as_one(disk: Disk, tmp_path: Path) -> None:
    first, following = gone_on(disk, tmp_path / "second" / "INC-7")
    assert following == tmp_path / "second" / "INC-7" / "journal-2.db"
    with Reader(first) as reader:
        events = list(reader.events())
        assert [event.seq for event in events] == list(range(1, len(events) + 1))
        assert verify_apart(first).ok
        said = next(event for event in events if isinstance(event.body, JournalContinued))
        assert (said.body.id, said.body.segment, said.body.seq, said.body.head) == (  # type: ignore[attr-defined]
            "INC-7", 2, said.seq - 1, events[said.seq - 2].hash
        )  # fmt: skip
        assert said.body.first_file == str(first)  # type: ignore[attr-defined]
        assert "journal.db could not be written" in said.body.why  # type: ignore[attr-defined]
        assert [found.n for found in reader.output(2)] == [1, 2, 3, 4, 5]
        assert [found.text for found in reader.tail(2, 3)] == ["before 2", "after 0", "after 1"]
        assert [found.text for found in reader.output(2, after=2, limit=2)] == ["before 2", "after 0"]
        assert reader.readings()["postgres"].payload == {"up": True}
        assert reader.head() == (events[-1].seq, events[-1].hash)
        assert [event.seq for event in reader.events(after=said.seq - 2, limit=2)] == [said.seq - 1, said.seq]


def test_a_run_starts_once_over_all_files(disk: Disk, tmp_path: Path) -> None:
    first, _ = gone_on(disk, tmp_path / "second")
    with Journal.open(first, actor=ME) as journal, pytest.raises(AlreadyStarted):
        journal.append(ActionStarted(run=2, action="postgres.restore"))


def test_who_follows_is_taken_along(disk: Disk, tmp_path: Path) -> None:
    with begun_on(disk, tmp_path / "second") as journal, Follower(journal.path) as follower:
        assert [event.seq for event in follower.wait(1)] == [1]
        disk.fill()
        until_it_goes_on(journal)
        (last,) = journal.append(NoteAdded(text="here"))
        seen: list[int] = []
        while not seen or seen[-1] < last.seq:
            seen += [event.seq for event in follower.wait(10)]
        assert seen == list(range(2, last.seq + 1))


def test_verify_takes_both_and_names_what_is_missing(disk: Disk, tmp_path: Path) -> None:
    first, following = gone_on(disk, tmp_path / "second")
    whole = verify_apart(first)
    assert whole.ok, whole.faults
    assert verify(following, whole.head, [first]) == whole
    assert f"goes on in {following}" in verify(first).faults[0].what
    faults = [fault.what for fault in verify(following).faults]
    assert "in a file that was not given" in faults[0] and str(first) in faults[0]
    assert "printed 5 lines, and 2 are there" in faults[1]
    with pytest.raises(SegmentMissing, match=f"first file was {first}"):
        Reader(following)


def test_parts_brought_elsewhere_are_named_together(disk: Disk, tmp_path: Path) -> None:
    first, following = gone_on(disk, tmp_path / "second")
    whole = verify_apart(first)
    brought = tmp_path / "elsewhere"
    brought.mkdir()
    subprocess.run(["cp", first, brought / "a.db"], check=True)
    subprocess.run(["cp", following, brought / "b.db"], check=True)
    assert verify_apart(brought / "b.db", whole.head, more=[brought / "a.db"]).ok
    with Reader(brought / "b.db", brought / "a.db") as reader:
        assert reader.head() == (whole.seq, whole.head)
    export(brought / "a.db", brought / "one.db", brought / "b.db")
    assert verify(brought / "one.db") == whole


def test_an_export_is_one_file_that_verifies_alone(disk: Disk, tmp_path: Path) -> None:
    first, _ = gone_on(disk, tmp_path / "second")
    bundle = tmp_path / "bundle.db"
    export(first, bundle)
    assert verify(bundle) == verify_apart(first)
    with Reader(bundle) as reader, Reader(first) as parts:
        assert list(reader.events()) == list(parts.events())
        assert reader.output(2) == parts.output(2)
        assert reader.readings() == parts.readings()


def test_what_was_never_acknowledged_is_left_out(disk: Disk, tmp_path: Path) -> None:
    """A commit that failed at its last flush may yet be found in the old file's log, once that is opened anew."""
    first, _ = gone_on(disk, tmp_path / "second")
    whole = verify_apart(first)
    conn = sqlite3.connect(first)
    seq, head = conn.execute("SELECT seq, hash FROM events ORDER BY seq DESC LIMIT 1").fetchone()
    row = (seq + 1, "2026-03-01T03:00:00.000000Z", 1, "b", ME, "h", "note.added", "", '{"text":"?"}', head)
    conn.execute("INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", (*row, row_hash(row)))
    conn.execute("INSERT INTO output SELECT run, 4, at, stream, 'after 0' FROM output WHERE n = 3")
    conn.commit()
    conn.close()
    assert verify_apart(first) == whole
    export(first, tmp_path / "bundle.db")
    assert verify(tmp_path / "bundle.db") == whole


def test_a_read_only_disk(disk: Disk, tmp_path: Path) -> None:
    with begun_on(disk, tmp_path / "second") as journal:
        path = journal.path
    disk.make_read_only()
    try:
        with Journal.open(path, actor=ME) as journal:
            (event,) = journal.append(NoteAdded(text="goes on"))
        with Reader(path) as reader:
            assert [found.type for found in reader.events()][-2:] == ["journal.continued", "note.added"]
            assert reader.head()[0] == event.seq
        assert verify_apart(path).ok
    finally:
        disk.make_writable()
    with Journal.open(path, actor=ME) as journal:
        journal.append(NoteAdded(text="and still there"))
    assert [part.name for part in segments_of(path)] == ["journal.db", "journal-2.db"]
    with Reader(path) as reader:
        assert len(list(reader.events())) == event.seq + 1


def test_no_place_left_is_said_and_nothing_acknowledged(disk: Disk, tmp_path: Path) -> None:
    with small_disk(tmp_path / "other") as other, begun_on(disk, other.folder / "INC-7") as journal:
        disk.fill()
        other.fill()
        if not other.real:
            (other.folder / "INC-7").rmdir()
            (other.folder / "INC-7").write_text("in the way")
        acknowledged = 1
        with pytest.raises(JournalWriteFailed, match=r"nor could it go on in .*other/INC-7/journal-2\.db") as raised:
            for _ in range(400):
                journal.append(NoteAdded(text=BIG))
                acknowledged += 1
        assert "Free some space" in raised.value.hint
        with Reader(journal.path) as reader:
            assert reader.head()[0] == acknowledged
        other.free()
        (event,) = journal.append(NoteAdded(text="room again"))
        assert event.seq > acknowledged
        verdict = verify_apart(journal.path, event.hash)
        assert (verdict.ok, verdict.seq) == (True, event.seq)


def test_without_a_fallback_directory_the_hint_names_the_setting(disk: Disk) -> None:
    with begun_on(disk, None) as journal:
        disk.fill()
        with pytest.raises(JournalWriteFailed, match="CLEO_SECOND_PLACE"):
            for _ in range(400):
                journal.append(NoteAdded(text=BIG))
        disk.free()
        journal.append(NoteAdded(text="room again"))
    assert verify_apart(journal.path).ok


def test_a_continuation_that_is_not_mounted_stops_every_writer(disk: Disk, tmp_path: Path) -> None:
    first, following = gone_on(disk, tmp_path / "second")
    assert first.with_name("journal.db.next").readlink() == following
    following.parent.rename(tmp_path / "unmounted")
    with pytest.raises(SegmentMissing, match="that file is not there"):
        Journal.open(first, actor=ME)
    assert "goes on in" in verify_apart(first).faults[0].what
    (tmp_path / "unmounted").rename(following.parent)
    Journal.open(first, actor=ME).close()


def test_it_comes_back_when_the_fallback_directory_fails_too(disk: Disk, tmp_path: Path) -> None:
    with small_disk(tmp_path / "other") as other, begun_on(disk, other.folder / "INC-7") as journal:
        (asked,) = journal.append(RunRequested(step="restore", action="postgres.restore"))
        start = ActionStarted(step="restore", run=asked.seq, action="postgres.restore")
        journal.append(start)
        journal.append_output(asked.seq, [line("in the first segment"), line("and once more")])
        disk.fill()
        until_it_goes_on(journal)
        disk.free()
        other.fill()
        until_it_goes_on(journal, segments=3)
        third = segments_of(journal.path)[2]
        assert third == disk.folder / "INC-7" / "journal-3.db"
        with pytest.raises(AlreadyStarted):
            journal.append(start)
        journal.append_output(asked.seq, [line("in the third segment")])
        with Reader(journal.path) as reader:
            assert [found.n for found in reader.output(asked.seq)] == [1, 2, 3]
        other.free()
        assert verify_apart(journal.path).ok


def test_a_fallback_directory_that_does_not_help_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with Journal.create(tmp_path / "a.db", declaration(), actor=ME, fallback=tmp_path / "s") as journal:
        assert "on the same disk" in journal.warnings[-1]
    with Journal.create(tmp_path / "b.db", declaration(), actor=ME, fallback=tmp_path / "file" / "s") as journal:
        assert "cannot be used" in journal.warnings[-1]


WRITER = """
import sys
from pathlib import Path
from journal.events.types import NoteAdded
from journal.store.journal import Journal
with Journal.open(Path(sys.argv[1]), actor=sys.argv[2]) as journal:
    print("ready", flush=True)
    sys.stdin.readline()
    for number in range(int(sys.argv[3])):
        (event,) = journal.append(NoteAdded(text=f"{number} " + "x" * 1500))
        print(event.seq, event.hash, flush=True)
"""


def started(path: Path, name: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", WRITER, str(path), name, "60"]
    return subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


@pytest.mark.parametrize("killed", [False, True])
def test_four_processes_go_on_together(disk: Disk, tmp_path: Path, killed: bool) -> None:
    with begun_on(disk, tmp_path / "second") as journal:
        path = journal.path
    processes = [started(path, f"writer-{number}") for number in range(4)]
    for process in processes:
        assert process.stdout and process.stdout.readline() == "ready\n"
    disk.fill(*(process.pid for process in processes))
    for process in processes:
        assert process.stdin
        process.stdin.write("go\n")
        process.stdin.flush()
    if killed:
        while len(segments_of(path)) == 1:
            assert all(process.poll() is None for process in processes)
        processes[0].kill()
    acknowledged = [row.split() for process in processes for row in process.communicate(timeout=60)[0].splitlines()]
    disk.free()
    assert [process.returncode for process in processes[1:]] == [0, 0, 0]
    with Reader(path) as reader:
        there = {event.seq: event.hash for event in reader.events()}
    lost = [seq for seq, own_hash in acknowledged if there.get(int(seq)) != own_hash]
    assert not lost
    assert len(acknowledged) >= 180
    assert [part.name for part in segments_of(path)] == ["journal.db", "journal-2.db"]
    verdict = verify_apart(path)
    assert verdict.ok, json.dumps(verdict.faults)

"""The disk under an incident gives way while a runner is at work: it goes on elsewhere, or starts nothing."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pytest

from actions.runner.write_fault import WriteFaultFlag
from journal.events.types import NoteAdded
from journal.incident.records import RunState
from journal.report import render
from journal.report.build import build
from journal.store.check import verify_apart
from journal.store.failover.segments import segments_of
from journal.store.journal import JournalWriteFailed
from tests.actions.runner.test_dies import without_needs
from tests.actions.worlds import Person, declared, places_in
from tests.journal.store.disks import Disk, small_disk
from tests.waiting import until

PROJECT = Path(__file__).parents[3]


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    with small_disk(tmp_path / "disk") as disk:
        yield disk


@contextmanager
def at_work(person: Person, home: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Have a runner at work in a process of its own."""
    argv = [sys.executable, "-m", "tests.actions.runner.runner_program", str(person.place.folder), str(home)]
    with (home / "runner.log").open("ab") as log:
        runner = subprocess.Popen(argv, cwd=PROJECT, start_new_session=True, stdout=log, stderr=log)
    try:
        person.until(lambda i: i.runner)
        yield runner
    finally:
        (home / "go").touch()
        runner.kill()
        runner.wait()


def somebody(disk: Disk, second: Path | None) -> Person:
    places = msgspec.structs.replace(places_in(disk.folder), fallback=second)
    return Person(declared(places, plan=without_needs()))


def test_a_recovery_goes_on_when_the_disk_is_full(disk: Disk, tmp_path: Path) -> None:
    person = somebody(disk, tmp_path / "second")
    with at_work(person, tmp_path) as runner:
        inside = person.desk.request_run("verify")
        person.until(lambda i: i.runs[inside].state is RunState.RUNNING)
        disk.fill(runner.pid)
        for _ in range(400):
            if len(segments_of(person.place.journal)) > 1:
                break
            person.journal.append(NoteAdded(text="x" * 3_000))
        program = person.desk.request_run("work")
        person.until(lambda i: i.runs[program].programs)
        (tmp_path / "go").touch()
        assert person.over(inside).state is RunState.SUCCEEDED
        over = person.over(program)
        assert (over.state, over.summary) == (RunState.SUCCEEDED, "exit status 7")
        assert person.output(program)[-1] == "end"
        assert over.programs[0].spool.startswith(str(tmp_path / "second"))
        person.until(lambda i: not i.unfinished())
    disk.free()
    first, following = segments_of(person.place.journal)
    assert following.parent == tmp_path / "second" / first.parent.name
    verdict = verify_apart(first)
    assert verdict.ok, verdict.faults
    report = build(first)
    assert (report.verification.ok, report.verification.head) == (True, verdict.head)
    assert "The journal goes on in segment 2" in "".join(render(report, "md"))


def test_a_new_runner_starts_on_a_disk_that_is_read_only(disk: Disk, tmp_path: Path) -> None:
    person = somebody(disk, tmp_path / "second")
    person.journal.close()
    disk.make_read_only()
    person = Person(person.place)
    with at_work(person, tmp_path):
        (tmp_path / "go").touch()
        assert person.over(person.desk.request_run("verify")).state is RunState.SUCCEEDED
    person.journal.close()
    disk.make_writable()


def test_where_no_place_is_left_nothing_new_starts(disk: Disk, tmp_path: Path) -> None:
    person = somebody(disk, None)
    with at_work(person, tmp_path) as runner:
        run = person.desk.request_run("verify")
        until(lambda: person.output(run))  # what the runner writes from here on is about the other request
        subprocess.run(["prlimit", "--pid", str(runner.pid), "--fsize=2000:unlimited"], check=True)
        asked = person.desk.request_run("other")
        until(WriteFaultFlag(person.place.folder).read)
        disk.fill()
        with pytest.raises(JournalWriteFailed):
            for _ in range(400):
                person.journal.append(NoteAdded(text="x" * 3_000))
        (tmp_path / "go").touch()
        disk.free()
        subprocess.run(["prlimit", "--pid", str(runner.pid), "--fsize=unlimited:unlimited"], check=True)
        over = person.over(asked)
        assert (over.state, over.refusal.gate) == (RunState.REFUSED, "journal")
        assert not (tmp_path / "ran").exists()
        assert person.over(run).state is RunState.SUCCEEDED
        until(lambda: verify_apart(person.place.journal).ok)

"""What becomes of a run when its runner, its program's parent, or its disk goes away. Real processes, real kills."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from actions.runner.lease import held
from actions.runner.write_fault import WriteFaultFlag
from journal.commands.incident import NotNow
from journal.events.types import NoteAdded
from journal.incident.looks import REATTACH
from journal.incident.records import Run, RunState, StepState
from journal.store.journal import Follower, Reader
from tests.actions.worlds import PLAN, Person, declared, places_in

PROJECT = Path(__file__).parents[3]


class Site:
    """One incident and the runner processes it had."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.person = Person(declared(places_in(home), plan=without_needs()))
        self.runners: list[subprocess.Popen[bytes]] = []

    def start_runner(self) -> subprocess.Popen[bytes]:
        before = self.person.incident().runner
        argv = [
            sys.executable,
            "-m",
            "tests.actions.runner.runner_program",
            str(self.person.place.folder),
            str(self.home),
        ]
        log = (self.home / "runner.log").open("ab")
        self.runners.append(subprocess.Popen(argv, cwd=PROJECT, start_new_session=True, stdout=log, stderr=log))
        self.person.until(lambda i: i.runner and (before is None or i.runner.seq > before.seq))
        return self.runners[-1]

    def kill_runner(self) -> None:
        self.runners[-1].send_signal(signal.SIGKILL)
        self.runners[-1].wait()

    def begin(self, step: str, when: Callable[[Run], object]) -> int:
        """Ask for a step and return once its run is as wanted."""
        run = self.person.desk.request_run(step)
        self.person.until(lambda i: when(i.runs[run]))
        return run

    def go(self) -> None:
        (self.home / "go").touch()


FLOOD = """
i=0
while [ $i -lt 60 ]; do
    seq $((i * 700 + 1)) $((i * 700 + 700))
    i=$((i + 1))
    echo "$i is done" >&2
    sleep 0.05
done
"""
"""Prints 42,000 lines, and 60 beside them, in about four seconds."""


def without_needs() -> dict[str, object]:
    """Return the plan for tests with every step free to begin."""
    plan = {**PLAN, "phases": [{**PLAN["phases"][0]}]}
    section = PLAN["phases"][0]["sections"][0]
    steps = [{k: v for k, v in step.items() if k != "needs"} for step in section["steps"]]
    steps.append({"id": "flood", "title": "Print a lot", "command": ["sh", "-c", FLOOD], "host": "here"})
    plan["phases"][0]["sections"] = [{**section, "steps": steps}]
    return plan


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    site = Site(tmp_path)
    site.start_runner()
    yield site
    site.go()
    for runner in site.runners:
        if runner.poll() is None:
            runner.terminate()
            runner.kill()
        runner.wait()


def printed(site: Site, run: int, at_least: int) -> None:
    site.person.until(lambda _: len(site.person.output(run)) >= at_least)


def test_a_resumable_action_is_entered_again_and_its_program_runs_once(site: Site) -> None:
    run = site.begin("work", lambda r: r.programs)
    printed(site, run, 4)
    site.kill_runner()
    assert not held(site.person.place.folder)
    site.start_runner()
    site.go()
    over = site.person.over(run)
    assert (over.state, over.summary) == (RunState.SUCCEEDED, "exit status 7")
    assert over.reentered == 1
    assert over.programs[0].reattached
    assert over.programs[0].code == 7
    assert (site.home / "ran").read_text() == "ran\n"
    assert [line for line in site.person.output(run) if line.startswith(("line", "end"))] == [
        "line 1", "line 2", "line 3", "line 4", "line 5", "end"
    ]  # fmt: skip
    assert sum("A new runner took over here" in line for line in site.person.output(run)) == 1
    assert "pid" in site.person.incident().runner.took_over


def test_a_flood_is_taken_in_once_however_often_its_runner_dies(site: Site) -> None:
    run = site.begin("flood", lambda r: r.programs)
    for at_least in (2_000, 9_000):
        printed(site, run, at_least)
        site.kill_runner()
        site.start_runner()
    over = site.person.over(run)
    assert (over.state, over.reentered) == (RunState.SUCCEEDED, 2)
    with Reader(site.person.place.journal) as reader:
        lines = reader.output(run)
    assert [line.text for line in lines if line.stream == "out"] == [str(n) for n in range(1, 42_001)]
    assert [line.text for line in lines if line.stream == "err"] == [f"{n} is done" for n in range(1, 61)]
    assert over.output_lines == len(lines)


def test_a_program_that_ended_while_no_runner_lived_leaves_its_exit_status(site: Site) -> None:
    run = site.begin("work", lambda r: r.programs)
    printed(site, run, 2)
    site.kill_runner()
    site.go()
    site.person.until(lambda _: (site.home / "ran").exists())
    site.start_runner()
    assert site.person.over(run).summary == "exit status 7"


def test_an_action_that_cannot_be_entered_again_is_in_doubt_with_its_programs_real_end(site: Site) -> None:
    run = site.begin("other", lambda r: r.programs)
    printed(site, run, 2)
    site.kill_runner()
    site.start_runner()
    assert site.person.incident().runs[run].state is RunState.RUNNING
    site.go()
    over = site.person.over(run)
    assert over.state is RunState.IN_DOUBT
    assert over.program_status == "sh ended with exit status 7"
    assert over.programs[0].code == 7
    assert any("It starts nothing, and reads on" in line for line in site.person.output(run))
    assert site.person.output(run)[-1] == "end"


def test_nothing_destructive_starts_beside_a_program_that_outlived_its_runner(site: Site) -> None:
    run = site.begin("other", lambda r: r.programs)
    printed(site, run, 2)
    site.kill_runner()
    site.start_runner()
    beside = site.person.over(site.person.desk.request_run("break", confirmed="/data"))
    assert beside.state is RunState.REFUSED
    assert (beside.refusal.gate, "thing.other is at work on thing" in beside.refusal.message) == ("busy", True)
    site.go()
    assert site.person.over(run).state is RunState.IN_DOUBT
    after = site.person.over(site.person.desk.request_run("break", confirmed="/data"))
    assert after.state is RunState.SUCCEEDED


def test_what_ran_inside_the_runner_is_in_doubt_and_nothing_runs_again(site: Site) -> None:
    run = site.begin("verify", lambda r: r.state is RunState.RUNNING)
    site.person.until(lambda _: (site.home / "effects").exists() and (site.home / "effects").read_text())
    site.kill_runner()
    site.go()
    site.start_runner()
    over = site.person.over(run)
    assert over.state is RunState.IN_DOUBT
    assert site.person.incident().state("verify") is StepState.IN_DOUBT
    probe = site.person.over(_probe(site, run))
    assert probe.summary == "one\n"
    assert site.person.incident().state("verify") is StepState.IN_DOUBT
    site.person.desk.resolve(run, "run_again", "the effect can be had twice")
    assert site.person.incident().state("verify") is StepState.READY
    assert (site.home / "effects").read_text() == "one\n"


def _probe(site: Site, run: int) -> int:
    from tests.actions.runner import runner_program

    return site.person.desk.probe(run, {"thing.verify": runner_program.wait_inside.spec})


def test_a_program_whose_exit_status_nobody_saw_is_in_doubt(site: Site) -> None:
    run = site.begin("work", lambda r: r.programs)
    printed(site, run, 2)
    site.kill_runner()
    for pid in _processes_of(site.person.place.folder, site.home):
        os.kill(pid, signal.SIGKILL)
    site.start_runner()
    over = site.person.over(run)
    assert over.state is RunState.IN_DOUBT
    assert over.programs[0].code is None
    assert not (site.home / "ran").exists()
    look = site.person.over(_probe(site, run))
    assert (look.action, "sh is gone" in look.summary) == (REATTACH, True), look.summary


def test_a_program_that_lives_on_without_its_keeper_is_never_done(site: Site) -> None:
    run = site.begin("other", lambda r: r.programs)
    printed(site, run, 2)
    site.kill_runner()
    os.kill(_processes_of(site.person.place.folder, site.home)[0], signal.SIGKILL)
    site.start_runner()
    assert site.person.over(run).state is RunState.IN_DOUBT
    look = site.person.over(_probe(site, run))
    assert "sh still runs (pid " in look.summary, look.summary
    with pytest.raises(NotNow, match="still runs"):
        site.person.desk.resolve(run, "done", "it looks done")
    site.go()
    site.person.until(lambda _: "sh is gone" in site.person.over(_probe(site, run)).summary)


def _processes_of(folder: Path, home: Path) -> list[int]:
    """Return the shim and the program of this test, shim first: it must not see its program end."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                words = (entry / "cmdline").read_bytes().split(b"\0")
            except OSError:
                continue
            if any(
                str(place).encode() in b" ".join(words) for place in (folder, home)
            ) and b"runner_program" not in b" ".join(words):
                found.append((b"shim" not in b" ".join(words), int(entry.name)))
    assert found
    return [pid for _, pid in sorted(found)]


def test_a_request_that_waited_for_a_runner_is_answered_by_the_next_one(site: Site) -> None:
    site.kill_runner()
    run = site.person.desk.request_run("shell")
    site.start_runner()
    assert site.person.over(run).programs[0].code == 3


def test_two_consoles_see_what_happens_within_half_a_second(site: Site) -> None:
    journal, known = site.person.place.journal, site.person.incident().seq
    with Follower(journal, after=known) as one, Follower(journal, after=known) as another:
        written = site.person.journal.append(NoteAdded(text="hello"))[0]
        for follower in (one, another):
            assert written.seq in [event.seq for event in follower.wait(0.5)]


def test_a_disk_that_refuses_writes_is_said_at_once_and_nothing_is_acknowledged(site: Site) -> None:
    run = site.begin("verify", lambda r: r.state is RunState.RUNNING)
    flag = WriteFaultFlag(site.person.place.folder)
    pid = str(site.runners[-1].pid)
    subprocess.run(["prlimit", "--pid", pid, "--fsize=2000:unlimited"], check=True)
    site.go()
    site.person.until(lambda _: flag.read())
    assert "could not be written" in flag.read()
    assert site.person.incident().runs[run].state is RunState.RUNNING
    subprocess.run(["prlimit", "--pid", pid, "--fsize=unlimited:unlimited"], check=True)
    assert site.person.over(run).state is RunState.SUCCEEDED
    site.person.until(lambda _: not flag.read())

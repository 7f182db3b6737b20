"""A game day on the real lab: its inject breaks PostgreSQL, a kill in between is settled, the undo makes it whole."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from cleo_console.lab import Lab
from journal.commands.exercise import ExerciseCommands
from journal.errors import CleoError
from journal.incident.fold import fold_journal
from journal.incident.review import FaultNote
from journal.incident.state import Incident
from journal.paths import IncidentPlace
from journal.store.journal import Journal
from tests.cleo_console.test_cli import Cleo
from tests.e2e.follower import Follower
from tests.labs import lab_directory
from tests.waiting import until as until_so_long

pytestmark = [pytest.mark.soak, pytest.mark.server, pytest.mark.xdist_group("game-day")]

_LONG_S = 180.0


def until(wanted: Callable[[], object]) -> None:
    until_so_long(wanted, _LONG_S)


SCRIPT = """\
title: The disk is gone
scenario: database-failure
common: false
objectives: [{id: restore, title: Bring PostgreSQL back}]
injects:
  - id: disk
    at_s: 1
    breaks: {postgres: lose-data-directory}
    text: "The application answers 503."
    expected: "Somebody looks."
    answered_by: ["action:status.check"]
    objective: restore
expectations:
  - {title: It was restored, objective: restore, happened: ["ran:postgres.restore"]}
"""

FAULT = ("disk", "postgres", "lose-data-directory")
_KILLED = """
import os, signal
from cleo_console.lab import Lab
broke = Lab.break_
def break_(self, *what):
    if {done}: broke(self, *what)
    os.kill(os.getpid(), signal.SIGKILL)
Lab.break_ = break_
from cleo_console.cli.main import main
main()
"""
"""The command, killed as it breaks the lab: after that, or before."""


@pytest.fixture
def lab() -> Iterator[Lab]:
    with lab_directory() as directory:
        yield Lab.up(directory, systems=("postgres",), backup_minutes=1000)


@pytest.fixture
def cleo(lab: Lab, tmp_path: Path) -> Cleo:
    (tmp_path / "day.yaml").write_text(SCRIPT, encoding="utf-8")
    found = Cleo(tmp_path)
    found.env |= {"CLEO_ACTOR": "dora"}
    return found


@contextmanager
def led(cleo: Cleo, lab: Lab, *code: str) -> Iterator[subprocess.Popen[bytes]]:
    """Lead a game day in plain lines; ``code`` is run in the program's place."""
    program = [sys.executable, "-P", "-c", *code] if code else [str(Path(sys.executable).parent / "cleo")]
    argv = [*program, "exercise", "gameday", str(Path(cleo.env["CLEO_HOME"]).parent / "day.yaml"), "--plain"]
    argv += ["--dir", str(lab.directory)]
    with subprocess.Popen(argv, env=cleo.env, stdin=subprocess.DEVNULL, start_new_session=True) as leading:
        try:
            yield leading
        finally:
            if leading.poll() is None:
                os.killpg(leading.pid, signal.SIGTERM)


def place(cleo: Cleo) -> IncidentPlace:
    """The one game day that there is."""
    (folder,) = (Path(cleo.env["CLEO_HOME"]) / "incidents").iterdir()
    return IncidentPlace(folder=folder)


def day(cleo: Cleo) -> Incident | None:
    """The game day as its journal has it; None while it is being declared."""
    try:
        return fold_journal(place(cleo).journal)
    except (CleoError, ValueError, OSError):
        return None


def fault(cleo: Cleo) -> FaultNote | None:
    known = day(cleo)
    return known.review.lab_faults.get(FAULT) if known else None


def _injects(cleo: Cleo) -> set[str]:
    known = day(cleo)
    return set(known.review.injects) if known else set()


def test_a_game_day_is_played_from_the_break_to_the_after_action_report_and_undone(cleo: Cleo, lab: Lab) -> None:
    with led(cleo, lab):
        until(lambda: (found := fault(cleo)) and found.state == "done")
        assert not lab.status().services["postgres"].whole, "it was really broken"
        incident = place(cleo).folder.name
        follower = Follower(lab.inventory_path, Path(cleo.env["CLEO_HOME"]), incident=incident)
        with follower.at_work():
            follower.follow()
            story = "\n".join(follower.story())
            follower.close()
    assert lab.status().services["postgres"].whole, story
    told = cleo("exercise", "report", incident).stdout
    assert "Bring PostgreSQL back | **P" in told, told
    assert "lose-data-directory" in told
    before = Lab.at(lab.directory).state.id
    assert "is made anew" in cleo("exercise", "undo", incident).stdout
    again = Lab.at(lab.directory)
    assert (again.status().whole, again.status().faults, again.state.id != before) == (True, [], True)
    assert "was made anew already" in cleo("exercise", "undo", incident, status=1).stderr


@pytest.mark.parametrize(("done", "state"), [(True, "done"), (False, "in doubt")])
def test_killed_as_it_breaks_the_lab_it_is_known_whether_it_did_and_it_can_be_undone(
    cleo: Cleo, lab: Lab, done: bool, state: str
) -> None:
    with led(cleo, lab, _KILLED.format(done=done)) as leading:
        assert leading.wait(180) == -signal.SIGKILL
    begun = fault(cleo)
    assert begun
    assert begun.state == "begins", "the journal knew it first"
    incident = place(cleo).folder.name
    argv = [str(Path(sys.executable).parent / "cleo"), "exercise", "lead", "--plain"]
    with subprocess.Popen(argv, env=cleo.env, stdin=subprocess.DEVNULL) as leading:
        try:
            until(lambda: (found := fault(cleo)) and found.state == state)
            until(lambda: ("disk" in day(cleo).review.injects) == done)
        finally:
            leading.terminate()
    assert len(lab.status().faults) == int(done), "it is not broken a second time"
    cleo("exercise", "undo", incident)
    assert Lab.at(lab.directory).status().whole


def test_nothing_but_the_lab_that_it_began_with_is_broken(cleo: Cleo, lab: Lab) -> None:
    (cleo.home / "day.yaml").write_text(SCRIPT.replace("at_s: 1\n", "at_s: 3600\n"), encoding="utf-8")
    with led(cleo, lab):
        until(lambda: (known := day(cleo)) and known.review.exercise)
        other = lab.renew()
        with Journal.open(place(cleo).journal, actor="dora") as journal:
            ExerciseCommands(journal, lambda: fold_journal(place(cleo).journal)).give("disk")
        until(lambda: (found := fault(cleo)) and found.state == "failed")
    assert "is another one" in str(fault(cleo))
    assert "disk" not in day(cleo).review.injects, "players are told nothing that did not happen"
    assert (other.status().whole, other.status().faults) == (True, [])
    refused = cleo("exercise", "undo", place(cleo).folder.name, status=1).stderr
    assert "is another one" in refused


_UNDO_KILLED = """
import os, signal
from cleo_console.lab import Lab
renew = Lab.renew
def renewed(self, *how):
    renew(self, *how)
    os.kill(os.getpid(), signal.SIGKILL)
Lab.renew = renewed
from cleo_console.cli.main import main
main()
"""


def test_an_undo_killed_after_it_made_the_lab_is_finished_by_the_next_one(cleo: Cleo, lab: Lab) -> None:
    (cleo.home / "day.yaml").write_text(SCRIPT.replace("at_s: 1\n", "at_s: 3600\n"), encoding="utf-8")
    with led(cleo, lab):
        until(lambda: (known := day(cleo)) and known.review.exercise)
    incident = place(cleo).folder.name
    argv = [sys.executable, "-P", "-c", _UNDO_KILLED, "exercise", "undo", incident]
    assert subprocess.run(argv, env=cleo.env, stdin=subprocess.DEVNULL).returncode == -signal.SIGKILL
    made = Lab.at(lab.directory).state.id
    assert made in cleo("exercise", "undo", incident).stdout
    assert Lab.at(lab.directory).state.id == made, "it is not made a second time"

"""The terminal closes, the console is killed, the runner is killed: the restore finishes, once, and is journalled."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from journal.commands.incident import IncidentCommands
from journal.incident.records import RunState
from journal.store.journal import Journal
from tests.e2e.stand import Stand
from tests.labs import Lab, lab
from tests.waiting import until

pytestmark = pytest.mark.xdist_group("e2e")
__all__ = ["lab"]


@pytest.fixture
def stand(lab: Lab, tmp_path: Path) -> Iterator[Stand]:
    stand = Stand(lab, tmp_path / "home")
    with stand.runner_ended():
        lab.break_("postgres", "lose-data-directory")
        stand.declare()
        stand.up_to_the_restore()
        yield stand


def held_restore(stand: Stand) -> tuple[int, int]:
    """Ask for the restore, and stop pgBackRest in its tracks; return the run and the program's pid."""
    with Journal.open(stand.journal, actor="oncall@bastion") as journal:
        run = IncidentCommands(journal, stand.incident).request_run("postgres-restore", confirmed=stand.target())
    until(lambda: started_of(stand, run))
    pid = json.loads(started_of(stand, run)[0].read_text())["pid"]
    os.kill(pid, signal.SIGSTOP)
    return run, pid


def started_of(stand: Stand, run: int) -> list[Path]:
    spools = stand.journal.parent / "spool"
    return list(spools.glob(f"{run}-restore-*/started")) if spools.exists() else []


def restored_once(stand: Stand, run: int) -> None:
    until(lambda: stand.incident().runs[run].state.over, 60)
    over = stand.incident().runs[run]
    assert over.state is RunState.SUCCEEDED, over.summary
    restores = [program for program in over.programs if program.key == "restore"]
    assert [program.code for program in restores] == [0]


def test_a_closed_terminal_and_a_killed_console_leave_the_restore_alone(stand: Stand) -> None:
    with stand.console(80, 24, stand.incident_id) as first, stand.console(120, 40, stand.incident_id) as second:
        first.until("NEXT")
        second.until("NEXT")
        run, pid = held_restore(stand)
        first.until("running")
        second.until("running")
        first.hang_up()
        os.kill(second.program, signal.SIGKILL)
    with stand.console(120, 40, stand.incident_id) as third:
        third.until("1 running")
        third.keys("j")
        third.until("3.2.6")
        os.kill(pid, signal.SIGCONT)
        third.until("✓ Restore from latest backup", 60)
    restored_once(stand, run)
    assert stand.incident().runner.took_over == ""
    assert "Nothing is wrong" in stand.cleo("journal", "verify", stand.incident_id)


def test_a_killed_runner_is_followed_by_one_that_finds_the_restore(stand: Stand) -> None:
    run, pid = held_restore(stand)
    os.kill(stand.incident().runner.pid, signal.SIGKILL)
    with stand.console(80, 24, stand.incident_id) as console:
        console.until("1 running")
        until(lambda: stand.incident().runner.took_over, 30)
        os.kill(pid, signal.SIGCONT)
        console.until("0 running", 60)
    restored_once(stand, run)
    assert stand.incident().runs[run].reentered == 1
    assert next(p for p in stand.incident().runs[run].programs if p.key == "restore").reattached

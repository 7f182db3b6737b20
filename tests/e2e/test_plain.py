"""Line mode on a dumb terminal recovers a killed PostgreSQL, from the first prompt to the close."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from journal.incident.records import RunState
from tests.e2e.pty_terminal import DumbTerminal
from tests.e2e.stand import CLEO, Stand
from tests.labs import Lab, lab
from tests.waiting import until

pytestmark = pytest.mark.xdist_group("e2e")
__all__ = ["lab"]


@pytest.fixture
def stand(lab: Lab, tmp_path: Path) -> Iterator[Stand]:
    stand = Stand(lab, tmp_path / "home")
    lab.break_("postgres", "kill-postmaster")
    stand.declare()
    yield stand
    if stand.incident().closed_at is None:
        stand.close()


def test_a_killed_postgres_is_recovered_in_plain_lines(stand: Stand) -> None:
    with DumbTerminal([CLEO, "--plain"], stand.env) as terminal:
        terminal.answer("1.1.1 >", "")
        terminal.until("PostgreSQL: not measured → down")
        terminal.answer("3.1.4 >", "L")
        terminal.until("The end of the log of postgres:")
        terminal.until("database system is ready to accept")
        terminal.answer("3.1.4 >", "H")
        terminal.until("Stands: ")
        terminal.until("PostgreSQL DOWN")
        terminal.answer("3.1.4 >", "1.1.2")
        terminal.answer("1.1.2 >", "")
        terminal.until("backups.hold done")
        decide(terminal, "affected", "2.1.3 >", "decides them all", "all")
        stop_writers(stand, terminal)
        terminal.answer(">", "postgres-start")
        terminal.answer("3.1.4 >", "")
        terminal.until("postgres.start done: postgres is up after crash recovery")
        terminal.sometime("→ up")  # a probe may see it before the run has looked at all it looks at
        decide(terminal, "postgres-cure", "3.1.5 >", "Is PostgreSQL up and whole", "2")
        terminal.answer(">", "postgres-verify")
        terminal.answer("3.2.8 >", "")
        terminal.until("postgres.verify done")
        leave_and_come_back(stand, terminal)
        assert not any(control in terminal.printed for control in "\x1b\x07\x08")
    incident = stand.incident()
    assert incident.ledger("postgres").recoveries
    assert all(run.state is RunState.SUCCEEDED for run in incident.runs.values())
    assert "Nothing is wrong" in stand.cleo("journal", "verify", stand.incident_id)


def decide(terminal: DumbTerminal, step: str, prompt: str, question: str, answer: str) -> None:
    terminal.answer(">", step)
    terminal.answer(prompt, "")
    terminal.answer(question, answer)
    terminal.answer("Why?", "as the plan says")


def stop_writers(stand: Stand, terminal: DumbTerminal) -> None:
    """The wrong host first, Ctrl+C then, the right one at last."""
    terminal.answer(">", "stop-writers")
    terminal.answer("3.1.1 >", "")
    terminal.answer(f"type {stand.target()}", "postgres@elsewhere")
    terminal.until("Nothing was done.")
    terminal.answer("3.1.1 >", "")
    terminal.until(f"type {stand.target()}")
    terminal.ctrl_c()
    terminal.until("Back at the prompt.")
    assert stand.incident().state("stop-writers") == "ready"
    terminal.answer("3.1.1 >", "")
    terminal.answer(f"type {stand.target()}", stand.target())
    terminal.until("postgres.stop_writers done: postgres is down, and")


def leave_and_come_back(stand: Stand, terminal: DumbTerminal) -> None:
    """Leaving leaves the runner at its work."""
    terminal.answer(">", "q")
    terminal.until("The runner goes on.")
    until(lambda: terminal.program.poll() is not None)
    assert terminal.program.returncode == 0
    runner = stand.incident().runner
    assert runner is not None
    os.kill(runner.pid, 0)

"""From declare to report by keys alone, in a real terminal, on a real PostgreSQL that lost its data directory."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from journal.incident.records import StepState
from tests.e2e.recoveries import LARGE, SMALL, recover
from tests.e2e.responder import Responder
from tests.e2e.stand import Stand
from tests.e2e.terminal import Terminal
from tests.labs import Lab, running_lab

pytestmark = pytest.mark.xdist_group("e2e-next")


@pytest.fixture
def lab() -> Iterator[Lab]:
    with running_lab() as running:
        yield running


def declare(console: Terminal) -> None:
    """Declare a database failure by keys."""
    console.until("d: declare")
    console.keys("d")
    console.until("what broke, in a few words")
    console.type("db1 lost its data")
    console.until("db1 lost its data")
    console.keys("Tab")
    choose_the_first_scenario(console)
    console.keys("C-s")
    console.until("NEXT  look at everything: 1.1.1")


def choose_the_first_scenario(console: Terminal) -> None:
    """Choose as a person does: who sees that nothing was chosen tries again.

    A list that has just opened takes keys only once the focus has reached it; on a busy machine that takes a while.
    """
    for _ in range(6):
        if "Security Breach" not in console.screen():
            console.keys("Enter")
            console.until("Security Breach")
        console.keys("Home", "Down")
        console.keys("Enter")
        with suppress(AssertionError):
            console.until(lambda screen: "Database Failure" in screen and "Security Breach" not in screen, 3)
            return
    raise AssertionError(f"no scenario can be chosen\n{console.screen()}")


@pytest.mark.soak  # `test_three_stores.py` does all of it with two more stores lost
def test_following_next_recovers_closes_and_reports(lab: Lab, tmp_path: Path) -> None:
    stand = Stand(lab, tmp_path / "home")
    before = int(lab.psql("SELECT count(*) FROM messages"))
    lab.break_("postgres", "lose-data-directory")
    with stand.console() as console, stand.runner_ended():
        declare(console)
        stand.incident_id = next((tmp_path / "home" / "incidents").iterdir()).name
        responder = Responder(console)
        responder.follow_next_to_the_end()
        responder.close()
    incident = stand.incident()
    for step in ("postgres-restore", "postgres-apply-wal", "postgres-verify", "release-backups"):
        assert incident.state(step) is StepState.DONE, step
    assert incident.state("postgres-start") is StepState.IMPOSSIBLE
    assert int(lab.psql("SELECT count(*) FROM messages")) == before
    assert "Nothing is wrong" in stand.cleo("journal", "verify", stand.incident_id)
    report = tmp_path / "report.html"
    stand.cleo("report", stand.incident_id, "-o", str(report))
    text = report.read_text()
    assert "db1 lost its data" in text
    assert "completed with deviations" in text


@pytest.mark.soak
def test_a_killed_postmaster_is_started_before_any_paperwork(lab: Lab, tmp_path: Path) -> None:
    responder, incident = recover(lab, tmp_path / "home", "kill-postmaster", LARGE, "database-failure")
    assert incident.state("postgres-start") is StepState.DONE
    assert incident.state("postgres-verify") is StepState.DONE
    assert incident.state("postgres-restore") is StepState.NOT_APPLICABLE
    assert {incident.state(step) for step in ("test-api", "smoke-tests", "enable-traffic")} == {StepState.SKIPPED}
    assert responder.at_first_recovery <= 15
    assert int(lab.psql("SELECT count(*) FROM messages")) > 0


@pytest.mark.soak
def test_a_dropped_table_comes_back_by_the_moment_that_the_log_tells(lab: Lab, tmp_path: Path) -> None:
    responder, incident = recover(lab, tmp_path / "home", "drop-table", SMALL, "data-corruption")
    assert incident.state("postgres-verify") is StepState.DONE
    point = incident.decisions["recovery_point"]
    assert (point.changes, point.answer.partition(":")[0]) == (0, "time")
    assert "public.messages (20,000 rows) was dropped: transaction" in point.because
    assert incident.decisions["corruption"].answer == "logical"
    assert responder.at_first_recovery <= 15

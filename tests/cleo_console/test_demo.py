"""The demo: a tabletop in the console, with nothing installed and nothing in reach."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from actions.runner.lease import held
from cleo_console.app import CleoApp
from cleo_console.cli.demo import declaration_of, demo, last_words
from cleo_console.demo import DemoServices
from cleo_console.exercises import bundled_scenarios
from journal.commands.incident import IncidentCommands
from journal.events.types import DecisionMade, IncidentClosed, Kind, StepSkipped
from journal.incident.fold import fold_journal
from journal.incident.state import Incident
from tests.screens.driving import Console
from tests.waiting import until


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("CLEO_HOME", str(tmp_path / "cleo"))
    yield
    for journal in tmp_path.rglob("journal.db"):
        _end_runner(journal)


def _end_runner(journal: Path) -> None:
    runner = _incident(journal).runner
    if runner and runner.stopped_at is None:
        os.kill(runner.pid, signal.SIGTERM)
        until(lambda: not held(journal.parent))


def _incident(journal: Path) -> Incident:
    return fold_journal(journal)


async def test_the_console_shows_a_world_that_answers() -> None:
    with DemoServices("player@table", 1000) as host:
        incident_id = host.declare(declaration_of(host, "database-failure"))
        app = CleoApp(host, open_incident=incident_id)
        async with app.run_test(size=(120, 40)) as pilot:
            console = Console(pilot, host)  # type: ignore[arg-type]
            await console.sees("TABLETOP", "PostgreSQL  DOWN")
            await console.sees("EXERCISE  The storage under the")
            await console.press("enter")
            await console.sees("▲ Check system status", "▲ Verify backup integrity")
        assert not host.warnings()
        assert host.kinds() == [Kind.TABLETOP]
    assert _incident(host.paths.incident(incident_id).journal).state("check-status") == "done, with findings"


def test_a_second_console_joins_and_the_first_may_leave() -> None:
    with DemoServices("second@table", 1000) as second:
        with DemoServices("first@table", 1000) as first:
            incident_id = first.declare(declaration_of(first, "database-failure"))
            journal = first.paths.incident(incident_id).journal
            first.ensure_runner(incident_id)
            first.open(incident_id).close()
            second.ensure_runner(incident_id)
            assert second.runner_alive(incident_id)
        with second.open(incident_id) as writing:
            desk = IncidentCommands(writing, lambda: _incident(journal))
            run = desk.request_run("verify-backups")
            until(lambda: (found := _incident(journal).runs[run]).state.over and found)
    incident = _incident(journal)
    assert incident.runs[run].requested_by == "second@table"
    assert incident.runs[run].duration_s >= 110, "the exercise's clock did not go on"
    assert incident.last_at - incident.runs[run].requested_at >= timedelta(seconds=110)
    assert incident.runner
    assert not incident.runner.took_over


async def test_its_assessment_opens_at_the_close_on_every_console_and_says_who_decided_what() -> None:
    with DemoServices("player@table", 1000) as host:
        incident_id = host.declare(declaration_of(host, "database-failure"))
        app = CleoApp(host, open_incident=incident_id)
        async with app.run_test(size=(80, 24)) as pilot:
            console = Console(pilot, host)  # type: ignore[arg-type]
            await console.sees("TABLETOP", "NEXT")
            with host.open(incident_id) as writing:
                writing.append(DecisionMade(step="severity", name="severity", answer="high", reason="all is down"))
                writing.append(StepSkipped(step="hold-backups", reason="no time"), actor="other@table")
                writing.append(IncidentClosed(summary="nobody came"))
            await console.sees("Assessment", "expectations met", "(unable to be performed)")
            await console.press("end")
            await console.sees("Who decided what", "SEV2 High (all is down)", "other@table  Hold backups: left out")
            await console.press("escape")
            await console.sees("NEXT")


@pytest.mark.parametrize("scenario", bundled_scenarios())
def test_its_end_says_what_was_missed(scenario: str) -> None:
    with DemoServices("player@table", 1000) as host:
        incident_id = host.declare(declaration_of(host, scenario))
        journal = host.paths.incident(incident_id).journal
        assert "not closed yet" in last_words(journal)[0]
        with host.open(incident_id) as writing:
            writing.append(IncidentClosed(summary="nobody came"))
    said = last_words(journal)
    assert "expectations met" in said[0]
    assert any(line.strip().startswith("missed: ") for line in said)


def test_every_scenario_can_be_asked_for_and_no_other() -> None:
    refused = CliRunner().invoke(demo, ["--scenario", "meteorite"])
    assert refused.exit_code == 2
    assert all(scenario in refused.output for scenario in bundled_scenarios())
    helped = CliRunner().invoke(demo, ["--help"]).output
    assert "go by one" in helped


async def test_leaving_says_what_becomes_of_it_and_how_to_come_back() -> None:
    with DemoServices("player@table", 0.1) as host:
        incident_id = host.declare(declaration_of(host, "database-failure"))
        app = CleoApp(host, open_incident=incident_id)
        async with app.run_test(size=(120, 40)) as pilot:
            console = Console(pilot, host)  # type: ignore[arg-type]
            await console.sees("TABLETOP", "PostgreSQL  DOWN")
            await console.press("enter")
            await console.sees("running", "Check system status")
            await console.until(lambda: not app.screen.session.runner_missing, "the runner")  # type: ignore[attr-defined]
            await console.press("q")
            await console.sees("What runs is played to its end", f"cleo demo --open {incident_id}")
            assert "runner goes on" not in console.screen_text()
    back = CliRunner().invoke(demo, ["--open", "INC-1999-01-01-01"])
    assert back.exit_code != 0

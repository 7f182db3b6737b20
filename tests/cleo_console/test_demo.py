"""The demo: a tabletop in the console, with nothing installed and nothing in reach."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from cleo_console.app import CleoApp
from cleo_console.cli.demo import declaration_of, demo, last_words
from cleo_console.demo import DemoServices
from cleo_console.exercises import bundled_scenarios
from journal.events.types import IncidentClosed, Kind
from journal.incident.fold import fold_events
from journal.store.journal import Reader
from tests.screens.driving import Console


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLEO_HOME", str(tmp_path / "cleo"))


async def test_the_console_shows_a_world_that_answers() -> None:
    with DemoServices("player@table", 1000) as host:
        incident_id = host.declare(declaration_of(host, "database-failure"))
        app = CleoApp(host, open_incident=incident_id)
        async with app.run_test(size=(120, 40)) as pilot:
            console = Console(pilot, host)  # type: ignore[arg-type]
            await console.sees("TABLETOP", "PostgreSQL  DOWN")
            await console.until(
                lambda: [n for n in app._notifications if "storage under the" in n.message], "an inject"
            )
            await console.press("enter")
            await console.sees("✓ Check system status", "NEXT  run: 1.1.2 Hold backups")
        assert not host.warnings()
        assert host.kinds() == [Kind.TABLETOP]
    with Reader(host.paths.incident(incident_id).journal) as reader:
        incident = fold_events(reader.events())
    assert incident.state("check-status") == "done"
    assert incident.runner
    assert incident.runner.why == "the demo was left"


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
    assert "RTO, windows and legal clocks run in real time" in helped


async def test_leaving_says_that_nothing_goes_on_and_how_to_come_back() -> None:
    with DemoServices("player@table", 0.1) as host:
        incident_id = host.declare(declaration_of(host, "database-failure"))
        app = CleoApp(host, open_incident=incident_id)
        async with app.run_test(size=(120, 40)) as pilot:
            console = Console(pilot, host)  # type: ignore[arg-type]
            await console.sees("TABLETOP", "PostgreSQL  DOWN")
            await console.press("enter")
            await console.sees("1 running")
            await console.until(lambda: not app.screen.session.runner_missing, "the runner")  # type: ignore[attr-defined]
            await console.press("q")
            await console.sees("The runner ends with this console", f"cleo demo --open {incident_id}")
    back = CliRunner().invoke(demo, ["--open", "INC-1999-01-01-01"])
    assert back.exit_code != 0

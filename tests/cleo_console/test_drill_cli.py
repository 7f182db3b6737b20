"""`cleo drill` as cron runs it: its report tells of what it was about alone, and it stops where a person must judge."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.actions.systems.configuration.repositories import ConfigurationLab, configuration_lab
from tests.cleo_console.test_cli import Cleo

pytestmark = pytest.mark.xdist_group("configuration")


@pytest.fixture
def lab() -> Iterator[ConfigurationLab]:
    with configuration_lab() as found:
        yield found


def test_neither_systems_without_a_drill_nor_a_lost_one_are_deviations(lab: ConfigurationLab, tmp_path: Path) -> None:
    inventory = tmp_path / "inventory.yaml"
    said = lab.lab.inventory_path.read_text().replace("lab: true", "lab: false").replace("- LAB", "- DRILL")
    inventory.write_text(said)
    shutil.rmtree(lab.place.directory)
    cleo = Cleo(tmp_path)
    cleo.env |= {"CLEO_INVENTORY": str(inventory)}
    done = cleo("drill", "restore")
    assert "configuration: succeeded" in done.stdout
    incident = next(word for word in done.stdout.split() if word.startswith("INC-"))
    report = json.loads(cleo("report", incident, "--format", "json").stdout)
    assert report["incident"]["kind"] == "DRILL"
    assert (report["incident"]["outcome"], report["deviations"]) == ("completed", [])


def test_a_walk_stops_at_the_first_thing_that_nobody_answered_and_cleans_up(
    lab: ConfigurationLab, tmp_path: Path
) -> None:
    cleo, answers = Cleo(tmp_path), tmp_path / "answers.yaml"
    cleo.env |= {"CLEO_INVENTORY": str(lab.lab.inventory_path)}
    answers.write_text(
        "inventory: lab\nscenario: database-failure\npaperwork: nobody is told of a drill\n"
        "skip: {hold-backups: Git keeps all, verify-backups: Git keeps all}\n"
        "clean_up: [{action: configuration.drill_left, on: configuration}]\n"
    )
    done = cleo("drill", "run", "full-dr-simulation", "--answers", str(answers), status=None)
    assert done.returncode == 3
    assert "a person decides it; beforehand: decisions: {" in done.stderr
    assert "clean-up: configuration.drill_left at configuration: succeeded" in done.stdout
    incident = next(word for word in done.stdout.split() if word.startswith("INC-"))
    report = json.loads(cleo("report", incident, "--format", "json").stdout)
    assert report["incident"]["kind"] == "LAB"
    assert report["incident"]["outcome"].startswith("closed with")


def test_nothing_is_changed_unattended_where_real_incidents_are_declared(lab: ConfigurationLab, tmp_path: Path) -> None:
    inventory, answers = tmp_path / "inventory.yaml", tmp_path / "answers.yaml"
    said = lab.lab.inventory_path.read_text().replace("lab: true", "lab: false").replace("- LAB", "- DRILL\n- REAL")
    inventory.write_text(said)
    answers.write_text("inventory: lab\nscenario: database-failure\n")
    cleo = Cleo(tmp_path)
    cleo.env |= {"CLEO_INVENTORY": str(inventory)}
    done = cleo("drill", "run", "full-dr-simulation", "--answers", str(answers), status=None)
    assert done.returncode == 1
    assert "allows REAL incidents" in done.stderr
    assert "INC-" not in cleo("journal", "list").stdout

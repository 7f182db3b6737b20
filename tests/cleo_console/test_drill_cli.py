"""`cleo drill` as cron runs it: its report tells of what it was about alone, and it stops where a person must judge."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from cleo_console.cli.drill_incident import drill_folder
from cleo_console.cli.drill_run import drills_here
from cleo_console.cli.drill_walk import NoDrillHere, Walk, walk_drill
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


def test_a_walk_that_was_broken_off_and_cleaned_up_is_not_gone_on_with(
    lab: ConfigurationLab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cleo, answers = Cleo(tmp_path), tmp_path / "answers.yaml"
    cleo.env |= {"CLEO_INVENTORY": str(lab.lab.inventory_path)}
    answers.write_text("inventory: lab\nscenario: database-failure\n")
    for name, value in cleo.env.items():
        monkeypatch.setenv(name, value)
    drills, inventory = drills_here()
    drill = next(one for one in drills if one.name == "full-dr-simulation")

    def broken_off(walk: Walk) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as during, pytest.raises(KeyboardInterrupt):
        during.setattr(Walk, "to_the_end", broken_off)
        walk_drill(drill, inventory, answers, drill_folder(inventory))
    with pytest.raises(NoDrillHere, match="the drill before"):
        walk_drill(drill, inventory, answers, drill_folder(inventory))
    cleo.close()

"""`cleo drill restore` as cron runs it: its report tells of the backups that it was about, and of nothing else."""

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

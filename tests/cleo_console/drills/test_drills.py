"""The plan's tests as drills: which need no person, what holds them by itself, and when."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import msgspec
import pytest

from actions.inventory import load_inventory
from actions.registry import catalogue
from cleo_console.drills.catalogue import Drill, drills_of
from cleo_console.drills.routine_plan import routine_plan
from cleo_console.drills.timers import cron_lines, unit_files
from cleo_console.plans import bundled
from cleo_console.world import inventory_at
from journal.plan.check import errors
from journal.plan.load import load_plan
from tests.cleo_console.test_reference import DOCS


@pytest.fixture(scope="module")
def drills() -> dict[str, Drill]:
    inventory = load_inventory(DOCS / "inventory-example.yaml")
    return {one.name: one for one in drills_of(load_plan(bundled()).plan, inventory, catalogue())}


def test_what_changes_a_system_or_is_no_action_is_left_to_people(drills: dict[str, Drill]) -> None:
    assert {one.name: one.how for one in drills.values()} == {
        "backup-restoration-drill": "restore",
        "failover-simulation": "walk",
        "data-integrity-verification": "looks",
        "full-dr-simulation": "walk",
        "cross-region-failover": "walk",
        "performance-under-dr-conditions": "walk",
        "complete-data-center-failure-simulation": "walk",
        "multi-region-coordination-test": "walk",
        "third-party-service-failure-simulation": "walk",
    }


def test_without_an_inventory_that_is_said_and_not_that_it_lacks_a_system() -> None:
    known = catalogue()
    found = drills_of(load_plan(bundled(), known).plan, inventory_at(None), known)
    assert {one.how for one in found} == {"nothing"}
    assert all(one.words.startswith("there is no inventory") for one in found)


def test_each_look_is_a_step_of_a_plan_without_errors(drills: dict[str, Drill]) -> None:
    inventory, known = load_inventory(DOCS / "inventory-example.yaml"), catalogue()
    for drill in drills.values():
        if drill.looks:
            loaded = routine_plan(drill, inventory, known)
            assert errors(loaded, known) == []
            assert {step.action for step in loaded.plan.steps()} == {*drill.looks}


def test_cron_runs_what_needs_no_person_each_of_a_period_on_a_day_of_its_own(drills: dict[str, Drill]) -> None:
    lines = [*cron_lines([*drills.values()], "/opt/100%/cleo", {"CLEO_HOME": "/var/lib/cleo"})]
    run = [line for line in lines if line[0].isdigit()]
    assert run == [
        r"0 4 1 * *  /opt/100\%/cleo drill run backup-restoration-drill",
        r"0 4 3 * *  /opt/100\%/cleo drill run data-integrity-verification",
        r"0 7 * * 1  /opt/100\%/cleo schedule",
    ]
    assert "CLEO_HOME=/var/lib/cleo" in lines
    assert sum(line.startswith("# every") for line in lines) == 7


def test_systemd_takes_the_units(drills: dict[str, Drill], tmp_path: Path) -> None:
    program = tmp_path / "100% $HOME" / "cleo"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    lines = [msgspec.structs.replace(drill, item=f"{drill.item}\nOf two lines") for drill in drills.values()]
    for name, text in unit_files(lines, str(program), {"CLEO_HOME": "/srv/a\nb %"}).items():
        (tmp_path / name).write_text(text)
    units = sorted(tmp_path.glob("*.*"))
    assert len(units) == 9
    verify = shutil.which("systemd-analyze")
    assert verify, "systemd-analyze is missing: tests/system-packages.sh"
    done = subprocess.run([verify, "verify", "--man=no", *map(str, units)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")

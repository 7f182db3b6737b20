"""Who presses only what NEXT names comes to the end, whatever broke, in every exercise, in terminals of two sizes."""

from __future__ import annotations

from pathlib import Path

import pytest

from cleo_console.exercises import bundled_scenarios
from cleo_console.lab.postgres.faults import SERVER_FAULTS
from journal.incident.records import StepState
from tests.e2e.recoveries import LARGE, SMALL, recover
from tests.e2e.tabletops import is_met_or_explained, play
from tests.labs import running_lab

TWO_AT_ONCE = ("damage-newest-backup + lose-data-directory", "lose-wal-segment + lose-data-directory")
CORRUPTING = ("drop-table", "flip-byte")
"""Faults that damage data; the others take the server away, or what it would be restored from."""


@pytest.mark.parametrize("size", [SMALL, LARGE], ids=str)
@pytest.mark.parametrize("fault", [*(kind.how for kind in SERVER_FAULTS if kind.how != "intruder"), *TWO_AT_ONCE])
def test_a_fault_of_the_lab_is_recovered_and_verified(fault: str, size: tuple[int, int], tmp_path: Path) -> None:
    scenario = "data-corruption" if fault in CORRUPTING else "database-failure"
    with running_lab() as lab:
        _, incident = recover(lab, tmp_path / "home", fault, size, scenario)
    assert incident.state("postgres-verify") is StepState.DONE


@pytest.mark.parametrize("size", [SMALL, LARGE], ids=str)
@pytest.mark.parametrize("scenario", bundled_scenarios())
def test_an_exercise_is_played_to_its_assessment(scenario: str, size: tuple[int, int], tmp_path: Path) -> None:
    is_met_or_explained(play(scenario, size, tmp_path / "home").assessment)

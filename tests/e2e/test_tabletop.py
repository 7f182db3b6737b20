"""Every tabletop in a real terminal, from its opening to its assessment, by the keys that NEXT names and nothing else.

One is played here; `make soak` plays the others too, and each in both sizes. What each asks of who plays it is tried
without a terminal (`tests/actions/tabletop`).
"""

from __future__ import annotations

from pathlib import Path

import pytest

from cleo_console.exercises import bundled_scenarios
from journal.incident.records import StepState
from tests.e2e.recoveries import LARGE, SMALL
from tests.e2e.tabletops import is_met_or_explained, play

SIZES = {"database-failure": LARGE, "infrastructure-failure": LARGE}
PLAYED = ("database-failure",)
DONE = {
    "database-failure": ("postgres-restore", "postgres-verify", "mongodb-verify", "redis-restore", "smoke-tests"),
    "data-corruption": ("postgres-restore", "postgres-verify", "mongodb-verify", "redis-restore", "validate-data"),
    "security-breach": ("postgres-restore", "postgres-verify", "redis-restore", "pull-images", "test-auth"),
    "natural-disaster": ("postgres-fence", "postgres-promote", "postgres-verify", "deploy-dr", "verify-dns"),
    "infrastructure-failure": ("deploy-dr", "test-traffic", "enable-traffic", "verify-dns"),
}


@pytest.mark.parametrize(
    "scenario",
    [each if each in PLAYED else pytest.param(each, marks=pytest.mark.soak) for each in bundled_scenarios()],
)
def test_following_next_plays_a_tabletop_to_its_assessment(scenario: str, tmp_path: Path) -> None:
    """Its traps are met on the way, and each is got out of by what the console says of it."""
    played = play(scenario, SIZES.get(scenario, SMALL), tmp_path / "home")
    is_met_or_explained(played.assessment)
    assert {step: played.incident.state(step) for step in DONE[scenario]} == dict.fromkeys(
        DONE[scenario], StepState.DONE
    )
    lines = played.responder.next_lines
    assert not [line for line in lines if line.startswith("mark done: 3") and "writers" not in line]

"""Every exercise played well, by enter alone and badly: its assessment tells the three apart.

Two are played here, `make soak` plays all. That each is met where it is played well, and what harm is seen where it is
not, is tried for all of them in `test_played_well.py` and `test_played_badly.py`.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from cleo_console.exercises import bundled_scenarios
from journal.exercise.assessment import Assessment
from tests.actions.tabletop.players import play_badly, play_by_enter, play_well
from tests.actions.tabletop.tables import Player, table

PLAYED = ("database-failure", "infrastructure-failure")
HARM = {"Every critical check had passed when users were let in", "No user met damaged data or errors"}


def _played(scenario: str, play: Callable[[Player], None]) -> Assessment:
    with table(scenario) as player:
        play(player)
        return player.assessment()


def _ratings(shown: Assessment) -> dict[str, str]:
    return {objective.title.partition(":")[0].split(" ")[0]: objective.rating for objective in shown.objectives}


@pytest.mark.parametrize(
    "scenario",
    [each if each in PLAYED else pytest.param(each, marks=pytest.mark.soak) for each in bundled_scenarios()],
)
def test_the_assessment_tells_apart_how_an_exercise_was_played(scenario: str) -> None:
    well, by_enter, badly = (_played(scenario, play) for play in (play_well, play_by_enter, play_badly))
    assert well.missed == []
    assert set(_ratings(well).values()) == {"P"}
    assert "P" not in _ratings(by_enter).values()
    assert "P" not in _ratings(badly).values()
    assert _ratings(badly)["Prove"] == "U"
    assert {result.title for result in badly.expectations if result.result == "harmed"} == HARM
    assert _ratings(by_enter) != _ratings(badly)

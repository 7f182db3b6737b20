"""What a decision is made on: the dialogs' words have the figures that the exercise's looks found."""

from __future__ import annotations

import pytest

from cleo_console.exercises import bundled_scenarios
from journal.exercise.moments import point_is_sound
from journal.exercise.script import exercise_from_data
from journal.incident.recovery_point import read
from journal.incident.suggestion import suggestion
from journal.store.journal import Reader
from screens.guidance.strategies import in_words
from tests.actions.tabletop.tables import table
from tests.waiting import until

LOOKS = ("check-status", "verify-backups", "health-check", "damage-report", "affected")


@pytest.mark.parametrize("scenario", bundled_scenarios())
def test_every_strategy_s_loss_is_a_figure_where_the_exercise_has_one(scenario: str) -> None:
    with table(scenario) as player:
        for step in LOOKS:
            player.do(step)
        with Reader(player.place.journal) as reader:
            until(lambda: measured(reader) == {f"health:{name}" for name in player.incident().plan.systems})
            readings = reader.readings()
        now = player.table.clock.now()
        said = {name: in_words(player.incident(), name, readings, now) for name in player.incident().plan.strategies}
    unknown = [line for lines in said.values() for line in lines if "loss  not measured" in line]
    standbys_are_gone = scenario == "database-failure"
    assert len(unknown) == (6 if standbys_are_gone else 0), unknown
    assert all("no standby" in line for line in unknown)


def measured(reader: Reader) -> set[str]:
    return {name for name in reader.readings() if name.startswith("health:")}


@pytest.mark.parametrize("scenario", ["data-corruption", "security-breach"])
def test_what_the_looks_found_proposes_all_that_is_damaged_and_a_point_before_the_damage(scenario: str) -> None:
    with table(scenario) as player:
        for step in ("check-status", "health-check", "verify-backups", "damage-report"):
            player.do(step)
        incident = player.incident()
        script = exercise_from_data(incident.review.exercise)
    decisions = {step.decision.name: step.decision for step in incident.plan.steps() if step.decision}
    point, affected = (suggestion(incident, decisions[name]).answer for name in ("recovery_point", "affected"))
    assert point_is_sound(script, incident.began_at, read(point))
    assert {"postgres", "mongodb", "redis", "files"} <= set(affected.split(","))

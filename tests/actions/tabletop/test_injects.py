"""Injects: on time by the exercise's clock, never without their cause, and open until something answers them."""

from __future__ import annotations

from journal.incident.addressing import waits_for
from tests.actions.tabletop.tables import Player, table


def _until_strategy(player: Player) -> None:
    player.answers = {**player.answers, "recovery_point": f"time:{player.before(2400)}"}
    for step in ("severity", "response-team", "affected", "recovery-point", "strategy"):
        player.do(step)


def test_one_whose_cause_is_gone_never_comes_even_if_the_world_looks_so_again() -> None:
    with table("data-corruption", response_team="leadership", site="original-site") as player:
        _until_strategy(player)
        player.do("stop-writers")
        player.force("allow-writers")
        player.wait(1000)
        player.until(lambda incident: "bucket" in incident.review.injects)
        assert "nightly-job" not in player.given()


def test_one_comes_on_the_second_and_stays_until_it_is_answered() -> None:
    with table("data-corruption", response_team="leadership", site="original-site") as player:
        _until_strategy(player)
        decided = player.incident().decisions["strategy"].at
        player.wait(1000)
        incident = player.until(lambda incident: "nightly-job" in incident.review.unanswered)
        assert round((incident.review.injects["nightly-job"] - decided).total_seconds()) == 600
        player.do("stop-writers")
        player.until(lambda incident: "nightly-job" not in incident.review.unanswered)
        (answer,) = [inject for inject in player.assessment().injects if inject.id == "nightly-job"]
        assert answer.observed.startswith("“Stop writers to PostgreSQL”")


def test_a_note_answers_the_one_inject_that_is_shown_and_no_other() -> None:
    with table("data-corruption", response_team="leadership", site="original-site") as player:
        player.do("damage-report")
        player.wait(100)
        player.until(lambda incident: "green" in incident.review.unanswered)
        _until_strategy(player)
        player.wait(100)
        incident = player.until(lambda incident: {"green", "clean-up"} <= incident.review.unanswered.keys())
        told = waits_for(incident, player.journal.actor)
        assert told
        assert "clean-up removes" in told.said
        player.desk.note("keep all of it")
        incident = player.until(lambda incident: "clean-up" not in incident.review.unanswered)
        assert "green" in incident.review.unanswered
        player.desk.note("no: it holds the same damage")
        player.until(lambda incident: "green" not in incident.review.unanswered)

"""What holds for every simulated action: dry runs change nothing, cancelling stops, the journal holds the world."""

from __future__ import annotations

from datetime import timedelta

import pytest

from actions.registry import catalogue
from actions.tabletop import SimulatedWorld, tabletop_world
from actions.tabletop.world import NoRealSystems
from actions.transport import LocalHost
from cleo_console.exercises import bundled_scenarios, load_exercise
from journal.events.envelope import Clock
from journal.events.types import Override
from journal.exercise.script import MAKES
from journal.incident.records import RunState, StepState
from tests.actions.tabletop.tables import Player, played, table


@pytest.mark.parametrize("scenario", ["database-failure", "natural-disaster"])
def test_a_dry_run_of_everything_changes_nothing(scenario: str) -> None:
    with table(scenario) as player:
        runs = [player.desk.request_action(name, {}, dry_run=True) for name in catalogue()]
        player.until(lambda incident: all(incident.runs[run].state.over for run in runs))
        incident = player.incident()
        assert [incident.runs[run].action for run in runs if MAKES in incident.runs[run].facts] == []
        assert not [run for run in runs if incident.runs[run].state is RunState.REFUSED]
        said = {incident.runs[run].action: incident.runs[run].summary for run in runs}
        assert said["backups.hold"].startswith("would suspend expiry")
        player.run(incident.plan.by_id["hold-backups"], {})
        assert player.last("backups.hold").facts[MAKES] == {"backups.held": "yes"}


def test_a_cancelled_action_stops_and_leaves_the_world_as_it_was() -> None:
    with table("infrastructure-failure", speed=1.0) as player:
        run = player.desk.request_action("backups.verify", {})
        player.until(lambda incident: incident.runs[run].state is RunState.RUNNING)
        player.desk.cancel(run, "it takes too long")
        assert player.over(run).state is RunState.CANCELLED
        assert player.over(run).left_behind == "Nothing was changed."
        assert player.incident().state("verify-backups") is StepState.CANCELLED


def test_a_restore_that_is_cancelled_leaves_half_a_data_directory() -> None:
    with table("database-failure", speed=1.0, response_team="team", site="original-site") as player:
        for step in ("affected", "recovery-point", "strategy", "site"):
            player.do(step)
        gates = ("order", "hold", "smallest-cure", "one-writer")
        overrides = [Override(gate=gate, reason="a trial", target="simulated-postgres") for gate in gates]
        run = player.desk.request_run("postgres-restore", confirmed="simulated-postgres", overrides=overrides)
        player.until(lambda incident: incident.runs[run].state is RunState.RUNNING)
        player.desk.cancel(run, "a trial")
        assert "incomplete" in player.over(run).left_behind
        assert "interrupted restore" in player.force("postgres-start").summary


def test_a_store_that_the_recovery_point_says_nothing_of_is_not_restored() -> None:
    with table("security-breach", response_team="team", site="original-site") as player:
        player.answers = {**player.answers, "recovery_point": f"backup:{player.labels()[2]}"}
        for step in ("affected", "recovery-point", "strategy", "site"):
            player.do(step)
        refusal = player.force("mongodb-restore").refusal
        assert refusal
        assert (refusal.gate, refusal.yields) == ("recovery-point", "never")
        assert "says nothing of mongodb" in refusal.message
        player.desk.decide("recovery-point", f"{player.before(6300)} postgres backup:{player.labels()[2]}")
        again = player.force("mongodb-restore")
        assert again.state is RunState.SUCCEEDED
        assert again.facts[MAKES]["mongodb.reached"] == player.before(6300)


def test_a_table_that_was_left_is_found_as_it_was() -> None:
    with table("natural-disaster") as player:
        player.do("hold-backups")
        left_at = player.table.clock.now()
    with played(player.place) as table_:
        again = Player(player.place, Clock(now=table_.clock.now))
        assert table_.clock.now() - left_at < timedelta(minutes=1)
        again.desk.request_action("backups.held", {})
        held = again.until(lambda i: [r for r in i.runs.values() if r.action == "backups.held" and r.state.over])
        assert next(r for r in held.runs.values() if r.action == "backups.held").summary == "Backups are held: yes."
        again.journal.close()


def test_health_follows_the_world() -> None:
    world = SimulatedWorld(load_exercise("natural-disaster"))
    assert world.health("postgres").status == "not answering"
    world.become({"postgres.server": "up"})
    assert world.health("postgres").status == "up"
    world.become({"postgres.split": "yes"})
    assert world.health("postgres").status == "degraded"


@pytest.mark.parametrize("scenario", bundled_scenarios())
def test_a_tabletop_has_no_way_to_a_host(scenario: str) -> None:
    world = tabletop_world(SimulatedWorld(load_exercise(scenario)), catalogue())
    assert world.inventory.hosts == {}
    assert set(world.registry) == set(catalogue())
    with pytest.raises(NoRealSystems):
        world.open_transport(LocalHost())

"""Each scenario played as the plan and the evidence say: everything recovers, and nothing is missed."""

from __future__ import annotations

from journal.incident.records import RunState, StepState
from tests.actions.tabletop.players import RESTORED
from tests.actions.tabletop.tables import Player, table


def _all_well(player: Player) -> None:
    player.until(lambda incident: all(record.status == "up" for record in incident.health.values()))
    incident = player.incident()
    required = [s for s in incident.plan.steps() if not s.optional and not incident.phase_of(s).optional]
    assert [step.id for step in required if not incident.settled(step.id)] == []


def test_a_lost_volume_is_restored_from_the_backup_before_the_damaged_one() -> None:
    with table("database-failure", response_team="team", site="original-site", **RESTORED) as player:
        player.walk(until="postgres-restore", leave_out=("redis-reload-aof",))
        restored = player.do("postgres-restore")
        assert restored
        assert restored.state is RunState.SUCCEEDED
        newest, chosen = player.labels()[0], restored.facts["backup"]
        assert chosen == player.labels()[1]
        assert f"Passed over: {newest}" in restored.summary
        player.walk(leave_out=("redis-reload-aof",))
        assert player.last("postgres.verify").facts["newest_commit_at"] == player.before(38)
        assert "expiry" not in player.given()
        _all_well(player)


def test_a_lost_cluster_comes_back_at_the_other_site() -> None:
    with table("infrastructure-failure", response_team="team", site="dr-site") as player:
        player.walk(until="test-traffic")
        found = player.do("test-traffic")
        assert found
        assert found.state is RunState.FAILED
        assert "address of the old site" in found.summary
        player.wait(31)
        player.until(lambda incident: "good-enough" in incident.review.injects)
        player.do("test-traffic")
        assert player.last("load_balancer.test_traffic").state is RunState.FAILED, "the same again helps nobody"
        player.do("update-lb")
        player.walk()
        _all_well(player)
        answered = {inject.id: inject.observed for inject in player.assessment().injects}
        assert answered["good-enough"].startswith("“Update load balancer pools” (load_balancer.update) was done")


def test_corruption_is_undone_by_going_back_before_it() -> None:
    with table("data-corruption", response_team="leadership", site="original-site", **RESTORED) as player:
        player.answers = {**player.answers, "recovery_point": f"time:{player.before(2400)}"}
        player.walk(leave_out=("redis-reload-aof",))
        assert player.last("postgres.restore").facts["backup"] == player.labels()[2]
        assert player.last("postgres.verify").facts["newest_commit_at"] == player.before(2400)
        _all_well(player)


def test_a_breach_is_answered_with_clean_data_and_signed_images() -> None:
    with table("security-breach", response_team="security", site="dr-site", **RESTORED) as player:
        player.answers = {
            **player.answers,
            "images": "signed",
            "strangers": "disable",
            "recovery_point": f"{player.before(6300)} postgres backup:{player.labels()[2]}",
        }
        player.walk(until="pull-images", leave_out=("redis-reload-aof",))
        player.do("pull-images")
        player.do("pull-images")
        player.do("images")
        player.walk(leave_out=("redis-reload-aof",))
        assert player.incident().state("postgres-start") is StepState.NOT_APPLICABLE
        restored = [run for run in player.incident().runs.values() if run.action == "postgres.restore"]
        assert [run.overrides for run in restored] == [[]]
        pulled = [run for run in player.incident().runs.values() if run.action == "kubernetes.pull_images"]
        assert [run.state for run in pulled] == [RunState.FAILED, RunState.FAILED, RunState.SUCCEEDED]
        assert "not signed" in pulled[0].summary
        _all_well(player)


def test_a_flooded_site_is_fenced_before_its_standby_is_promoted() -> None:
    with table("natural-disaster", response_team="leadership", site="dr-site", fence_by="network") as player:
        player.walk(until="postgres-fence")
        player.do("postgres-fence")
        player.do("postgres-fence")
        player.do("fence-by")
        player.walk()
        fenced = [run for run in player.incident().runs.values() if run.action == "postgres.fence"]
        assert [run.state for run in fenced] == [RunState.FAILED, RunState.FAILED, RunState.SUCCEEDED]
        assert "Unreachable is not fenced" in fenced[0].summary
        assert player.last("postgres.promote").facts["newest_commit_at"] == player.before(22)
        assert "alive" not in player.given()
        _all_well(player)

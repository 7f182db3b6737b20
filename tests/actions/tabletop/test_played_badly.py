"""Each scenario's traps, sprung: the wrong order has consequences, and the assessment names them."""

from __future__ import annotations

import pytest

from journal.events.types import Override
from journal.incident.decisions import AnswerRefused
from journal.incident.records import RunState
from tests.actions.tabletop.players import RESTORED
from tests.actions.tabletop.tables import Player, table


def _decide(player: Player, *steps: str) -> None:
    for step in steps or ("severity", "response-team", "affected", "recovery-point", "strategy", "site"):
        player.do(step)


def test_backups_that_nobody_held_or_verified_are_lost() -> None:
    with table("database-failure", response_team="team", site="original-site", **RESTORED) as player:
        _decide(player)
        player.until(lambda incident: "expiry" in incident.review.injects)
        player.do("stop-writers")
        _decide(player, "postgres-cure")
        player.do("postgres-stop")
        refused = player.do("postgres-restore")
        assert refused
        assert refused.refusal
        first = player.force("postgres-restore")
        assert (first.state, first.facts["exit"]) == (RunState.FAILED, 26)
        assert "incomplete" in first.left_behind
        assert player.do("postgres-start").summary.startswith("postgres cannot be started")  # type: ignore[union-attr]
        assert player.force("postgres-restore").facts["exit"] == 26
        player.do("verify-backups")
        assert player.force("postgres-restore").facts["backup"] == player.labels()[-1]
        player.do("postgres-apply-wal")
        player.do("postgres-verify")
        assert player.last("postgres.verify").facts["newest_commit_at"] == player.before(24600)
        missed = player.missed()
    assert {
        "Backups were held before any restore",
        "The backups were verified before one was restored",
        "No damaged backup set was restored",
        "PostgreSQL lost no more than its RPO allows",
        "No safety gate was overridden",
    } <= missed


def test_a_torn_append_only_file_is_not_to_be_repaired() -> None:
    with table("database-failure", response_team="team", site="original-site") as player:
        _decide(player)
        player.do("hold-backups")
        player.do("redis-start")
        player.do("redis-stop-writers")
        assert player.do("redis-restore").state is RunState.SUCCEEDED  # type: ignore[union-attr]
        assert "211,402 of 618,940 keys are left" in player.do("redis-reload-aof").summary  # type: ignore[union-attr]
        assert "The torn append-only file was left alone" in player.missed()


def test_dns_before_the_pools_cannot_be_called_back() -> None:
    with table("infrastructure-failure", response_team="team", site="dr-site") as player:
        _decide(player)
        assert "do not answer" in player.force("update-lb").summary
        player.force("deploy-dr")
        assert "images are missing" in player.force("verify-deployments").summary
        player.until(lambda _: player.status("kubernetes") == "down")
        for step in ("pull-images", "deploy-dr", "verify-deployments"):
            player.do(step)
        player.force("update-lb")
        player.force("update-dns")
        assert player.force("verify-dns").state is RunState.FAILED
        assert player.force("enable-traffic").facts["error_rate"] == 0.31
        player.until(lambda _: player.status("load_balancer") == "degraded")
        ratings = {objective.title[:5]: objective.rating for objective in player.assessment().objectives}
        assert ratings["Prove"] in ("M", "U")
        assert {
            "The pools were tested before DNS was changed",
            "No user met a broken pool member",
            "Images were pulled before they were deployed",
        } <= player.missed()


def test_the_replica_and_the_newest_backups_hold_the_corruption() -> None:
    with table("data-corruption", response_team="team", site="original-site", **RESTORED) as player:
        _decide(player, "severity", "response-team", "affected")
        with pytest.raises(AnswerRefused):
            player.desk.decide("recovery-point", "latest")
        with pytest.raises(AnswerRefused):
            player.desk.decide("strategy", "hot-standby")
        player.answers = {**player.answers, "recovery_point": f"time:{player.before(600)}"}
        _decide(player, "recovery-point", "strategy", "site")
        sure = [Override(gate="fenced", reason="nobody is left there", target="simulated-postgres-db2")]
        promoted = player.over(
            player.desk.request_action("postgres.promote", {}, confirmed="simulated-postgres-db2", overrides=sure)
        )
        assert promoted.state is RunState.SUCCEEDED
        assert player.force("postgres-verify").facts["damaged"] is True
        for step in ("hold-backups", "stop-writers", "postgres-start", "postgres-cure", "postgres-stop"):
            player.do(step)
        restored = player.do("postgres-restore")
        assert restored
        assert restored.facts["backup"] == player.labels()[0]
        player.do("postgres-apply-wal")
        assert player.do("postgres-verify").facts["damaged"] is True  # type: ignore[union-attr]
        assert {
            "The recovery point lies before the damage",
            "The damaged standby was not promoted",
            "The damage did not come back",
        } <= player.missed()


def test_an_intruders_image_and_sessions_come_back_with_them() -> None:
    with table("security-breach", response_team="on-call", site="dr-site", **RESTORED) as player:
        player.answers = {**player.answers, "images": "signed", "recovery_point": f"time:{player.before(5400)}"}
        player.walk(until="redis-reload-aof", leave_out=())
        player.over(player.desk.request_action("postgres.start", {}))
        player.do("redis-reload-aof")
        player.force("deploy-dr")
        assert "203.0.113.66" in player.do("verify-deployments").summary  # type: ignore[union-attr]
        player.do("pull-images")
        player.do("images")
        player.do("pull-images")
        player.force("deploy-dr")
        player.force("erasure-list")
        player.force("rotate-credentials")
        player.do("allow-writers")
        assert "still accepted" in player.force("test-auth").summary
        assert {
            "The security team takes part",
            "Evidence on the database host was left alone",
            "Only signed images were deployed",
            "The intruders' sessions did not come back",
        } <= player.missed()


def test_promoting_without_a_fence_makes_two_primaries() -> None:
    with table("natural-disaster", response_team="leadership", site="dr-site") as player:
        _decide(player)
        assert "cannot be reached" in player.do("stop-writers").summary  # type: ignore[union-attr]
        player.desk.mark_done("stop-writers", "deployments are down with the site")
        assert "Unreachable is not fenced" in player.do("postgres-fence").summary  # type: ignore[union-attr]
        player.wait(31)
        player.until(lambda incident: "no-time" in incident.review.injects)
        player.desk.skip("postgres-fence", "no time")
        promote = player.incident().plan.by_id["postgres-promote"]
        refused = player.run(promote, {}, ("order",))
        assert (refused.refusal.gate, refused.refusal.yields) == ("fenced", "reason and target")  # type: ignore[union-attr]
        dry = player.over(player.desk.request_run("postgres-promote", dry_run=True))
        assert [i.value for i in dry.target] == ["simulated-postgres-db2", "db2.cleoai.example (simulated)"]
        assert {gate.gate for gate in dry.closed} == {"order", "fenced"}
        player.desk.reopen("postgres-fence", "it is tried once more")
        assert "was not fenced" in player.force("postgres-promote").summary
        player.wait(301)
        player.until(lambda incident: "alive" in incident.review.injects)
        assert player.do("postgres-verify").facts["split_brain"] is True  # type: ignore[union-attr]
        player.until(lambda _: player.status("postgres") == "degraded")
        assert player.do("postgres-fence").state is RunState.SUCCEEDED  # type: ignore[union-attr]
        assert player.do("postgres-verify").state is RunState.SUCCEEDED  # type: ignore[union-attr]
        assert {
            "The old primary was fenced before the standby was promoted",
            "There never were two primaries",
            "No safety gate was overridden",
        } <= player.missed()

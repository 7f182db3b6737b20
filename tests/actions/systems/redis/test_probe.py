"""The health of a real Redis: up, replicating, down, hung, locked out of, loading, and somebody else's."""

from __future__ import annotations

import subprocess

import pytest

from actions.systems.redis.connection import CannotConnect
from actions.systems.redis.server import find_server
from actions.systems.redis.verified_connection import connect_verified
from cleo_console.lab.redis import server
from tests.actions.systems.redis.redis_lab import RedisLab, redis_lab
from tests.waiting import until

__all__ = ["redis_lab"]
pytestmark = pytest.mark.xdist_group("redis")


def test_a_server_and_its_replica_are_measured(redis_lab: RedisLab) -> None:
    until(lambda: "replica_lag_s" in redis_lab.probe().facts)
    health = redis_lab.probe()
    assert health.detail.startswith("master; "), health
    assert health.facts["backup_age_s"] < 600
    assert health.facts["keyspace"].keys() == {"0", "1", "2"}
    assert health.facts["keys"] == sum(health.facts["keyspace"].values()) > 4000
    assert health.facts["exposure_s"] < 5, "its replica has what the backups lack"
    assert health.facts["exposure_by"].startswith(("a replica", "RDB"))
    assert health.facts["archived_until"] <= health.facts["newest_commit_at"]
    assert health.facts["heartbeat_age_s"] < 10
    assert {"saved_at", "aof_last_write_status", "rdb_last_bgsave_status", "evicted_keys"} <= health.facts.keys()
    replica = redis_lab.probe("redis-standby")
    assert (replica.status, replica.facts["role"], replica.facts["link"]) == ("up", "replica", "up"), replica


def test_a_replica_that_is_cut_off_or_promoted_by_hand_is_degraded(redis_lab: RedisLab) -> None:
    node = redis_lab.node("redis-standby")
    redis_lab.break_("redis-standby", "cut-replication")
    cut = redis_lab.probe("redis-standby")
    assert "its link to the master is down" in cut.detail
    with node.client() as client:
        client.replicaof("NO", "ONE")
        promoted = redis_lab.probe("redis-standby")
        client.replicaof("127.0.0.1", node.primary_port)
    assert promoted.status == "degraded"
    assert "it is to follow redis, and is a master itself" in promoted.detail
    until(lambda: redis_lab.probe("redis-standby").facts.get("link") == "up")


def test_evictions_and_a_full_memory_are_said(redis_lab: RedisLab) -> None:
    with redis_lab.node().client() as client:
        before = client.config_get("maxmemory")["maxmemory"]
        client.config_set("maxmemory", int(client.info("memory")["used_memory"] * 1.05))
        try:
            full = redis_lab.probe()
        finally:
            client.config_set("maxmemory", before)
    assert full.status == "degraded"
    assert "of maxmemory is used: beyond it keys are evicted" in full.detail


def test_a_disk_on_which_the_append_only_file_cannot_be_rewritten_is_said(
    redis_lab: RedisLab, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As if the data took ten times the disk: a rewrite needs room for a second copy beside the first."""
    monkeypatch.setattr("actions.systems.redis.exposure._SPARE", 1e9)
    health = redis_lab.probe()
    assert health.status == "degraded"
    assert "no room to rewrite the append-only file: " in health.detail


def test_a_server_that_hangs_is_silent_and_not_down(redis_lab: RedisLab) -> None:
    with redis_lab.frozen():
        health = redis_lab.probe(deadline_s=1.5)
    assert (health.status, health.facts["reason"]) == ("not answering", "timeout")
    assert f"its process {redis_lab.pid()} is there" in health.detail


def test_a_wrong_password_is_not_down(redis_lab: RedisLab) -> None:
    file = redis_lab.node().password_file("cleo")
    right = file.read_text()
    file.write_text("another\n")
    try:
        health = redis_lab.probe()
    finally:
        file.write_text(right)
    assert (health.status, health.facts["reason"]) == ("not measured", "password")
    assert "user or password is wrong; it runs (pid " in health.detail


def test_a_server_that_loads_is_up_and_not_ready(redis_lab: RedisLab) -> None:
    node = redis_lab.node("redis-standby")
    server.stop(node)
    with node.config_file.open("a") as file:
        file.write("\nkey-load-delay 2000\nloading-process-events-interval-bytes 1024\n")
    try:
        node.run([node.program("redis-server"), str(node.config_file)])
        until(lambda: "it loads its data" in redis_lab.probe("redis-standby").detail)
        assert redis_lab.probe("redis-standby").status == "degraded"
    finally:
        redis_lab.kill("redis-standby")
        node.config_file.write_text(node.config_file.read_text().partition("\nkey-load-delay")[0] + "\n")
        server.start(node)


def test_a_stranger_at_the_address_is_not_believed(redis_lab: RedisLab) -> None:
    """A server with a copy of our data, our users and our passwords, in another directory."""
    node = redis_lab.node()
    copy = node.directory / "copy"
    server.stop(node)
    subprocess.run(["cp", "-a", str(node.data_directory), str(copy)], check=True)
    stranger = [node.program("redis-server"), str(node.config_file), "--dir", str(copy), "--save", ""]
    try:
        node.run([*stranger, "--pidfile", str(node.run_directory / "stranger.pid")])
        until(lambda: redis_lab.probe().facts.get("reason") != "refused")
        health = redis_lab.probe()
        assert (health.status, health.facts["reason"]) == ("down", "another")
        assert str(copy) in health.detail
        with (
            pytest.raises(CannotConnect, match="another server answers"),
            connect_verified(find_server(redis_lab.ctx())),
        ):
            pass
    finally:
        pid = (node.run_directory / "stranger.pid").read_text().strip()
        subprocess.run(["kill", pid], check=True)
        until(lambda: redis_lab.probe().facts["reason"] == "refused")
        server.start(node)


def test_a_killed_server_is_down(redis_lab: RedisLab) -> None:
    redis_lab.kill()
    try:
        health = redis_lab.probe()
        assert (health.status, health.facts["reason"]) == ("down", "refused")
    finally:
        server.start(redis_lab.node())

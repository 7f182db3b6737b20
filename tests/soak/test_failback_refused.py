"""Who cannot take a place without loss is refused it: other data, silence, or a set that would undo it."""

from __future__ import annotations

import pytest

from actions.inventory import load_inventory
from actions.outcome import ActionFailed, GateClosed
from actions.systems.mongodb.failover.switch_back import switch_back as switch_mongodb_back
from actions.systems.redis.failover.switch_back import switch_back
from actions.systems.redis.writers import allow_writers
from cleo_console.lab.redis import server
from cleo_console.lab.redis.node import APPLICATION
from tests.actions.contexts import FakeContext
from tests.actions.systems.redis.redis_lab import RedisLab, running_redis
from tests.labs import Lab, lab_directory
from tests.waiting import until

pytestmark = pytest.mark.xdist_group("soak-failback-refused")
STANDBY = "redis-standby"


def test_a_replica_with_other_data_or_that_does_not_follow_is_refused() -> None:
    with running_redis(standby=True) as lab:
        server.wait_until_followed(lab.node(STANDBY))
        until(lambda: lab.node(STANDBY).info("replication")["slave_repl_offset"] > 1)
        ctx = lab.ctx(decisions={"recovery_point": "latest"})
        _written_to(lab, ctx)
        with lab.frozen(STANDBY), pytest.raises(ActionFailed, match="cannot be asked"):
            ctx.do(switch_back)
        with lab.node(STANDBY).client() as client:
            client.execute_command("REPLICAOF", "127.0.0.1", "1")
        with pytest.raises((ActionFailed, GateClosed), match="does not follow redis now"):
            ctx.do(switch_back)
        assert lab.node().info("replication")["role"] == "master"


def _written_to(lab: RedisLab, ctx: FakeContext) -> None:
    """Somebody wrote to the replica itself, which no position tells."""
    with lab.node(STANDBY).client() as client:
        client.config_set("replica-read-only", "no")
        client.set("alone", 1)
    with pytest.raises(ActionFailed, match="somebody wrote to it") as failed:
        ctx.do(switch_back)
    assert "is the master still" in failed.value.left_behind
    assert failed.value.cures[0].action == "redis.allow_writers"
    assert ctx.do(allow_writers).ok
    with lab.node().client(APPLICATION) as client:
        assert client.set("again", 1), "writes are held no more"
    with lab.node(STANDBY).client() as client:
        client.delete("alone")
        client.config_set("replica-read-only", "yes")


def test_a_member_that_its_set_would_not_leave_in_the_lead_is_refused() -> None:
    with lab_directory() as directory:
        lab = Lab.up(directory, systems=["mongodb"], standby=True)
        ctx = FakeContext(load_inventory(lab.inventory_path), system="mongodb")
        with pytest.raises(ActionFailed, match=r"has a lower priority \(1\) than mongodb"):
            ctx.do(switch_mongodb_back, standby="mongodb-standby")

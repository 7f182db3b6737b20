"""A real Sentinel beside Redis' failover: it is let do it itself, and what it did by itself is taken over."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator

import pytest
import redis

from actions.outcome import ActionFailed, GateClosed
from actions.systems.redis.failover.fence import unmanaged_if_seen
from actions.systems.redis.failover.promote import PROMOTING, is_promoted, promote
from actions.systems.redis.failover.switch_over import switch_over
from cleo_console.lab.ports import free_port
from cleo_console.lab.redis import server
from cleo_console.lab.redis.node import Node
from journal.errors import CleoError
from tests.actions.contexts import FakeContext
from tests.actions.systems.postgres.failing_over import with_fields
from tests.actions.systems.redis.redis_lab import RedisLab, running_redis
from tests.waiting import until

STANDBY = "redis-standby"


@pytest.fixture
def lab() -> Iterator[RedisLab]:
    """A master, its replica, and a Sentinel that watches them and that the inventory names."""
    with running_redis(standby=True) as running:
        node, port = running.node(), free_port()
        server.wait_until_followed(running.node(STANDBY))
        own = node.directory / "etc" / "sentinel.conf"
        password = node.password_file("cleo").read_text().strip()
        lines = [f"port {port}", "daemonize yes", f"dir {node.data_directory}", f"logfile {node.log('sentinel')}"]
        lines += [f"sentinel monitor cache 127.0.0.1 {node.port} 1", "sentinel auth-user cache cleo"]
        lines += [f"sentinel auth-pass cache {password}", f"pidfile {node.run_directory}/sentinel.pid"]
        lines += ["sentinel down-after-milliseconds cache 2000", "sentinel failover-timeout cache 20000"]
        own.write_text("\n".join(lines) + "\n")
        os.chown(own, node.account.uid, node.account.gid)
        node.run([node.program("redis-server"), str(own), "--sentinel"])
        try:
            asked = f"sentinels: [{{address: 127.0.0.1, port: {port}}}]\n    heartbeat: heartbeat"
            text = running.inventory_path.read_text()
            running.inventory_path.write_text(text.replace("heartbeat: heartbeat", asked))
            yield running
        finally:
            subprocess.run(["kill", (node.run_directory / "sentinel.pid").read_text().strip()], check=True)


def context(lab: RedisLab) -> FakeContext:
    return lab.ctx(decisions={"recovery_point": "latest"})


def role(node: Node) -> str:
    try:
        return str(node.info("replication")["role"])
    except CleoError:  # Sentinel ends every connection as it turns a server
        return ""


def test_it_is_let_do_it_itself_and_what_it_did_by_itself_is_taken_over(lab: RedisLab) -> None:
    master, standby = lab.node(), lab.node(STANDBY)
    ctx = context(lab)
    closed = unmanaged_if_seen(ctx)
    assert closed
    assert (closed.gate, closed.yields, closed.opens) == ("managed", "reason and target", "redis.switch_over")
    until(lambda: _dry(ctx), 30)  # it learns of the replica within ten seconds
    done = ctx.do(switch_over)
    assert done.ok, done.summary
    assert done.facts["took_over"] == {"system": STANDBY, "of": "redis"}
    assert [one.action for one in done.settles] == ["redis.promote", "redis.fence", "redis.rejoin"]
    assert standby.info("replication")["role"] == "master"
    until(lambda: role(master) == "slave", 60)
    again = ctx.do(switch_over)
    assert "Sentinel had promoted it already" in again.summary, "run again it is seen through"

    ctx = context(lab)  # another incident, in which the one that leads now dies: nobody asks, Sentinel acts
    ctx.inventory = lab.inventory
    lab.kill(STANDBY)
    until(lambda: role(master) == "master", 60)
    back = context(lab)
    back.system = STANDBY
    taken = back.do(switch_over)
    assert taken.facts["took_over"] == {"system": "redis", "of": STANDBY}
    assert any("cannot be asked" in finding.text for finding in taken.findings), "the dead one is not said to be safe"
    assert [one.action for one in taken.settles] == ["redis.promote"], "it is to be fenced"


def test_a_promotion_beside_it_is_refused_and_one_that_it_reverts_is_told(lab: RedisLab) -> None:
    ctx = context(lab)
    closed = PROMOTING.unmanaged(ctx)
    assert closed
    assert closed.opens == "redis.switch_over"
    until(lambda: _dry(ctx), 30)
    done = ctx.do(promote)  # gates are the runner's: this is what somebody gets who goes past it
    assert any("it has it follow that one again" in finding.text for finding in done.findings)
    assert not ctx.do(is_promoted).ok
    until(lambda: role(lab.node(STANDBY)) == "slave", 60)
    assert "is a replica" in ctx.do(is_promoted).summary


def test_a_server_that_is_down_is_held_by_the_sentinel_that_watches_it_alone(lab: RedisLab) -> None:
    node, named = lab.node(), lab.inventory.systems["redis"]
    (sentinel,) = named.sentinels
    ctx = context(lab)
    ctx.inventory = with_fields(lab.inventory, "redis", sentinels=[])
    server.stop(lab.node(STANDBY))
    lab.kill()
    closed = unmanaged_if_seen(ctx)
    assert closed
    assert "is managed by Sentinel: one on this host" in closed.message
    assert "watches it as cache" in closed.message
    with redis.Redis(sentinel.address, sentinel.port) as client:
        client.execute_command("SENTINEL", "REMOVE", "cache")
        client.execute_command("SENTINEL", "MONITOR", "other", "127.0.0.1", str(free_port()), "1")
        assert unmanaged_if_seen(ctx) is None, "it watches another one"
        assert any("watches other" in line and "not redis" in line for line in ctx.lines)
        client.execute_command("ACL", "SETUSER", "default", "-sentinel")
    closed = unmanaged_if_seen(ctx)
    assert closed
    assert "as far as anybody can tell" in closed.message
    server.start(node)


def _dry(ctx: FakeContext) -> bool:
    ctx.dry_run = True
    try:
        return ctx.do(switch_over).ok
    except (ActionFailed, GateClosed):
        return False
    finally:
        ctx.dry_run = False

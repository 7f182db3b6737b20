"""The runner of Redis' fence, promotion, rejoining or switching back is killed at every point between two effects.

The next one sees it through: nothing that was acknowledged is lost, and no two take writes at once.
"""

from __future__ import annotations

import shutil
from contextlib import suppress
from functools import partial
from pathlib import Path

import pytest

from actions.systems.redis.failover.follows import follows_at_start
from actions.systems.redis.server import server_of
from cleo_console.lab.redis import server
from cleo_console.lab.redis.node import APPLICATION
from journal.errors import CleoError
from tests.actions.systems.redis.redis_lab import RedisLab, running_redis
from tests.soak.killing import Kept, Killing, Step, home, watched

__all__ = ["home"]

STANDBY = "redis-standby"
STEPS = [
    Step("fence", "redis.fence", "redis"),
    Step("promote", "redis.promote", "redis"),
    Step("rejoin", "redis.rejoin", "redis"),
    Step("allow", "redis.allow_writers", "redis"),
    Step("switch-back", "redis.switch_back", "redis"),
    Step("allow-back", "redis.allow_writers", "redis"),
]


def reset(lab: RedisLab, kept: Kept) -> None:
    """Have master and replica as they were before the failover."""
    for name in (STANDBY, "redis"):
        if server.server_pid(lab.node(name)):
            server.stop(lab.node(name))
        for aside in lab.node(name).data_directory.parent.glob("data.aside-*"):
            shutil.rmtree(aside)
    kept.back()
    for name in ("redis", STANDBY):
        server.start(lab.node(name))
    server.wait_until_followed(lab.node(STANDBY))


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("step", ["fence", "promote", "rejoin", "switch-back"])
def test_redis(step: str, home: Path) -> None:
    with running_redis(standby=True) as lab:
        killing = Killing(lab, home, STEPS)
        kept = Kept.of(*(lab.node(name).directory / "etc" for name in ("redis", STANDBY)))

        def write(number: int) -> bool:
            for name in ("redis", STANDBY):
                with suppress(CleoError), lab.node(name).client(APPLICATION, deadline_s=1) as client:
                    return bool(client.set(f"soak:{number}", number))
            return False

        def leads(name: str) -> bool:
            return str(lab.node(name).info("replication")["role"]) == "master"

        leading = {name: partial(leads, name) for name in ("redis", STANDBY)}
        points = killing.points(step)
        assert len(points) > 3, points
        for number, name in enumerate(points, 1):
            reset(lab, kept)
            with watched(write, leading) as seen:
                place = killing.begun(step)
                print(f"{step}, {name}: {killing.killed(place, step, number)}")
            _require(lab, step, name, seen.acknowledged)
            assert not seen.two, name
            killing.close(place)


def _require(lab: RedisLab, step: str, point: str, acknowledged: list[int]) -> None:
    """What must hold after a step was killed at a point, and seen through."""
    text, standby = lab.node().config_file.read_text(), lab.node(STANDBY)
    fenced, promoted, back = step in ("fence", "promote"), step in ("promote", "rejoin"), step == "switch-back"
    assert text.count("cleo_fenced") == fenced, point
    assert (server.server_pid(lab.node()) is None) == fenced, point
    assert standby.info("replication")["role"] == ("master" if promoted else "slave"), point
    assert bool(follows_at_start(server_of(lab.ctx(), STANDBY))) is not promoted, point
    assert acknowledged, point
    with lab.node("redis" if back else STANDBY).client() as client:
        lost = [number for number in acknowledged if client.get(f"soak:{number}") is None]
    assert not lost, (point, lost)
    if not fenced:
        follows, leads = (standby, lab.node()) if back else (lab.node(), standby)
        assert follows.info("replication")["master_link_status"] == "up", point
        assert leads.info("replication")["role"] == "master", point

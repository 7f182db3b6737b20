"""The newest backup of Redis loaded into a server of its own: sound or not, and nothing is left of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from actions.health import Health
from actions.outcome import ActionFailed
from actions.systems.redis.drill import drill, drill_left
from actions.systems.redis.examine import examine
from journal.incident.restore_time import RestoreTime
from tests.actions.systems.redis.redis_lab import RedisLab, running_redis
from tests.actions.systems.redis.restoring import backup, ctx, put

pytestmark = pytest.mark.xdist_group("redis-drill")


@pytest.fixture(scope="module")
def lab() -> Iterator[RedisLab]:
    with running_redis() as running:
        yield running


def mark(lab: RedisLab, label: str) -> dict[str, Any]:
    found: Path = max((lab.node().repository / "redis" / label).glob("restored-*.json"))
    said: dict[str, Any] = json.loads(found.read_text())
    return said


def left(lab: RedisLab) -> list[str]:
    return [path.name for path in lab.node().directory.iterdir() if "drill" in path.name]


@pytest.mark.parametrize("kind", ["full", "snapshot"])
def test_a_sound_backup_is_loaded_counted_and_removed(lab: RedisLab, kind: str) -> None:
    label, pid, info = backup(lab, kind), lab.pid(), lab.node().info("keyspace")
    put(lab, "after the backup")
    outcome = ctx(lab).do(drill)
    assert outcome.ok, outcome
    assert outcome.facts["drill"] == label
    assert abs(outcome.facts["drill_keys"] - sum(one["keys"] for one in info.values())) <= 1
    assert 0 <= outcome.facts["drill_lost_s"] < 60
    assert mark(lab, label)["ok"]
    last = RestoreTime.of(examine(ctx(lab), "redis", Health(status="up", detail=""), thorough=False).facts)
    assert last and (last.label, last.seconds, last.size) == (label, mark(lab, label)["seconds"], last.now)
    assert lab.pid() == pid
    assert left(lab) == []
    assert ctx(lab).do(drill_left).ok


def test_a_damaged_backup_is_written_down_as_one_that_could_not_be_restored(lab: RedisLab) -> None:
    label = backup(lab)
    entry = lab.node().repository / "redis" / label / "entry.json"
    said = json.loads(entry.read_text())
    said["facts"]["databases"]["db2"] = {"keys": 600, "expires": 0}
    entry.write_text(json.dumps(said))
    wrong = ctx(lab).do(drill)
    assert not wrong.ok
    assert "should have 600" in wrong.summary
    with (lab.node().repository / "redis" / label / "dump.rdb").open("r+b") as file:
        file.seek(1000)
        file.write(b"\0\0\0\0")
    with pytest.raises(ActionFailed, match="content was changed"):
        ctx(lab).do(drill)
    assert not mark(lab, label)["ok"]
    assert left(lab) == []

"""What tests of restores do to a Redis of a lab: back it up, write, lose it, and count its keys."""

from __future__ import annotations

import shutil
from itertools import count
from typing import Any

from actions.systems.redis.backups.engine import ENGINE
from cleo_console.lab.redis import server
from tests.actions.contexts import FakeContext
from tests.actions.systems.redis.redis_lab import RedisLab
from tests.waiting import until

LATEST = {"recovery_point": "latest"}
_number = count()


def ctx(lab: RedisLab, point: str = "latest", **more: Any) -> FakeContext:
    """A context in an incident of its own."""
    return lab.ctx(id=f"INC-{next(_number)}", decisions={"recovery_point": point}, **more)


def backup(lab: RedisLab, kind: str = "full") -> str:
    """Take a backup, and return its id."""
    taken = ENGINE.take(ctx(lab), "redis", kind, {})
    assert taken.set
    return taken.set.label


def keys(lab: RedisLab) -> dict[str, int]:
    """How many keys that never expire each database has."""
    info = lab.node().info("keyspace")
    return {name: said["keys"] - said["expires"] for name, said in info.items()}


def put(lab: RedisLab, key: str, database: int = 2) -> None:
    """Write a key that never expires."""
    with lab.node().client(database=database) as client:
        client.set(key, "x")


def kill(lab: RedisLab) -> None:
    """Kill it once what was acknowledged is in its append-only file: while that is flushed, a write may wait."""
    until(lambda: lab.node().info("persistence")["aof_buffer_length"] == 0)
    lab.kill()


def lose(lab: RedisLab) -> None:
    """Kill it, and lose all its data."""
    lab.kill()
    shutil.rmtree(lab.node().data_directory)


def restarted(lab: RedisLab) -> dict[str, int]:
    """How many keys there are once it was killed and started again by its own configuration."""
    kill(lab)
    server.start(lab.node())
    return keys(lab)

"""Users who were erased since the recovery point do not come back: their keys go again, and nobody else's."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from actions.erasure.listing import list_requests
from actions.inventory import load_inventory
from actions.settings import ErasureSettings
from actions.systems.redis.erasure import erasures_left, reapply_erasures
from cleo_console.lab.redis.node import APPLICATION
from journal.yamlfile.problem import BadFile
from tests.actions.contexts import FakeContext
from tests.actions.systems.redis.redis_lab import RedisLab, redis_lab

__all__ = ["redis_lab"]
pytestmark = pytest.mark.xdist_group("redis-contract")

THEN = datetime(2026, 11, 29, 2, 0, tzinfo=UTC)
MINE = {0: ["user:7:context", "user:7:memory_index:episodic", "user:7:\udcff"], 1: ["user:7:device"]}
OTHERS = ["user:71:context", "user:17:context", "user:*:context", "users:7:context", "auser:7:context"]


@pytest.fixture
def erased(redis_lab: RedisLab, tmp_path: Path) -> Iterator[Any]:
    """Contexts for a server with keys of user 7, who was erased, and of others."""
    ledger = tmp_path / "erased.jsonl"
    ledger.write_text(json.dumps({"user_id": 7, "at": "2026-11-29T03:00:00Z"}))
    host = redis_lab.settings().host
    inventory = msgspec.structs.replace(redis_lab.inventory, erasure=ErasureSettings(host=host, file=str(ledger)))
    node = redis_lab.node()
    for database, keys in {**MINE, 1: [*MINE[1], "user:8:device"]}.items():
        with node.client(APPLICATION, database=database) as client:
            for key in keys:
                if client.type(_bytes(key)) == "none":
                    client.set(_bytes(key), "mine")
    with node.client(APPLICATION) as client:
        for key in OTHERS:
            client.set(key, "not mine")

    def context(**more: Any) -> FakeContext:
        return FakeContext(inventory, system="redis", **{"recovered_to": {"redis": THEN}, **more})

    yield context


def _bytes(key: str) -> bytes:
    return key.encode("utf-8", "surrogateescape")


def _keys(redis_lab: RedisLab, database: int) -> set[bytes]:
    with redis_lab.node().client(database=database) as client:
        return set(client.execute_command("KEYS", "*", NEVER_DECODE=True))


def test_their_keys_go_again_in_every_database_and_nobody_elses(redis_lab: RedisLab, erased: Any) -> None:
    before = {database: _keys(redis_lab, database) for database in (0, 1)}
    mine = {0: {key for key in before[0] if key.startswith(b"user:7:")}, 1: {b"user:7:device"}}
    settle = erased().do(list_requests).settles
    assert [(one.action, one.use) for one in settle if one.system == "redis"] == [("redis.reapply_erasures", "open")]
    dry = erased(dry_run=True).do(reapply_erasures)
    assert dry.facts["erased"] == {"user:{id}:*": len(mine[0]), "user:{id}:* in database 1": 1}
    assert {database: _keys(redis_lab, database) for database in (0, 1)} == before, "a dry run removes nothing"
    assert not erased().do(erasures_left).ok

    assert erased().do(reapply_erasures).facts["erased"] == dry.facts["erased"]
    for database, keys in before.items():
        assert _keys(redis_lab, database) >= keys - mine[database]
        assert not _keys(redis_lab, database) & mine[database]
    assert erased().do(erasures_left).ok
    assert erased().do(reapply_erasures).summary.startswith("Nothing is there")


def test_a_pattern_that_would_take_other_users_keys_is_refused(redis_lab: RedisLab, tmp_path: Path) -> None:
    import yaml

    data = yaml.safe_load(redis_lab.inventory_path.read_text())
    for pattern, words in (("user:{id}*", "wildcard beside"), ("user:*", "id} once"), ("*{id}:x", "wildcard beside")):
        data["systems"]["redis"]["user_data"] = {"keys": [pattern]}
        path = tmp_path / "inventory.yaml"
        path.write_text(yaml.safe_dump(data))
        with pytest.raises(BadFile, match=words):
            load_inventory(path)

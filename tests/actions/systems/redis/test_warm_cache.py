"""The cache warmed from a real PostgreSQL: whole keys with their times, and never more than fits."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from actions.inventory import load_inventory
from actions.outcome import ActionFailed, GateClosed
from actions.systems.redis.settings import RedisSettings, Warming, WarmKeys
from actions.systems.redis.warm_cache import warm_cache
from actions.systems.redis.writers import allow_writers, stop_writers
from tests.actions.contexts import FakeContext
from tests.actions.systems.redis.redis_lab import RedisLab, running_redis
from tests.labs import Lab, running_lab

pytestmark = pytest.mark.xdist_group("redis-warm")


class Both:
    """A Redis, and the PostgreSQL that it is warmed from."""

    def __init__(self, redis: RedisLab, postgres: Lab) -> None:
        self.redis, self.postgres = redis, postgres

    def ctx(self, *keys: WarmKeys, **more: Any) -> FakeContext:
        """A context with other keys than the lab's, or with those."""
        found = self.redis.settings()
        warm = Warming(system="postgres", keys=list(keys)) if keys else found.warm
        source = load_inventory(self.postgres.inventory_path).systems["postgres"]
        systems = {"redis": msgspec.structs.replace(found, warm=warm), "postgres": source}
        return FakeContext(msgspec.structs.replace(self.redis.inventory, systems=systems), system="redis", **more)


@pytest.fixture(scope="module")
def both() -> Iterator[Both]:
    with running_lab() as postgres, running_redis() as redis:
        yield Both(redis, postgres)


@pytest.fixture(autouse=True)
def cold(both: Both) -> None:
    with both.redis.node().client() as client:
        client.flushdb()


def test_conversations_contexts_and_memory_indexes_are_there_with_their_times(both: Both) -> None:
    outcome = both.ctx().do(warm_cache)
    psql = both.postgres.psql
    for _ in range(2):  # asked twice, it leaves the same
        with both.redis.node().client() as client:
            some: Any = psql("SELECT conversation_id, count(*) FROM messages GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 1")
            number, messages = some.strip().split("|")
            assert client.llen(f"conversation:{number}:messages") == int(messages)
            first = psql(f"SELECT content FROM messages WHERE conversation_id = {number} ORDER BY id LIMIT 1").strip()
            assert first in str(client.lindex(f"conversation:{number}:messages", 0))
            assert 0 < int(client.ttl(f"conversation:{number}:messages")) <= 7 * 86400  # type: ignore[arg-type]
            assert "timezone" in str(client.get("user:1:context"))
            assert client.type("user:1:memory_index:conversations") == "zset"
        contexts = int(psql("SELECT count(*) FROM users"))
        assert outcome.facts["warmed"]["contexts"] == contexts
        outcome = both.ctx().do(warm_cache)


def test_any_text_arrives_as_it_is(both: Both) -> None:
    value = "E'äöü\\r\\n$3\\r\\n' || repeat('é', n)"
    sql = f"SELECT 'k:' || n AS key, NULL::int AS ttl, {value} AS value FROM generate_series(1, 300) n"
    both.ctx(WarmKeys(name="odd", sql=sql)).do(warm_cache)
    with both.redis.node().client() as client:
        assert client.get("k:300") == "äöü\r\n$3\r\n" + "é" * 300
        assert client.ttl("k:300") == -1
        assert client.dbsize() >= 300


def test_what_the_application_wrote_meanwhile_is_newer_and_stays(both: Both) -> None:
    with both.redis.node().client() as client:
        client.set("user:1:context", "newer")
        client.rpush("conversation:1:messages", "newer")
    both.ctx().do(warm_cache)
    with both.redis.node().client() as client:
        assert client.get("user:1:context") == "newer"
        assert client.lrange("conversation:1:messages", 0, -1) == ["newer"]
        assert client.exists("user:2:context") == 1
        assert client.keys("cleo:warm:*") == []
    both.redis.ctx().do(stop_writers)
    try:
        both.ctx().do(warm_cache)
        with both.redis.node().client() as client:
            assert client.get("user:1:context") != "newer"
            assert client.lrange("conversation:1:messages", 0, -1) != ["newer"]
    finally:
        both.redis.ctx().do(allow_writers)


def test_what_does_not_fit_is_refused_before_anything_is_evicted(both: Both) -> None:
    with both.redis.node().client() as client:
        client.set("there", "before")
    sql = "SELECT 'k:' || n AS key, 60 AS ttl, repeat('x', 1000) AS value FROM generate_series(1, 1000000) n"
    with pytest.raises(GateClosed, match="maxmemory is"):
        both.ctx(WarmKeys(name="too many", sql=sql)).do(warm_cache)
    here = both.ctx(WarmKeys(name="too many", sql=sql), overrides={"maxmemory": "try"})
    with pytest.raises(ActionFailed, match="evict"):
        here.do(warm_cache)


def test_a_dry_run_changes_nothing(both: Both) -> None:
    here = both.ctx(dry_run=True)
    assert here.do(warm_cache).ok
    assert any("read about" in effect for effect in here.effects)
    with both.redis.node().client() as client:
        assert client.dbsize() <= 2  # the heartbeat and its count


def test_nothing_is_read_from_what_is_proven_wrong_or_is_not_there(both: Both) -> None:
    with pytest.raises(ActionFailed, match="proven to be wrong: a table is missing"):
        both.ctx(found_wrong={"postgres": "a table is missing"}).do(warm_cache)
    with pytest.raises(ActionFailed, match="has no PostgreSQL other"):  # who took its place is asked, not the old one
        both.ctx(takeovers={"postgres": "other"}).do(warm_cache)
    here = both.redis.ctx()
    with pytest.raises(ActionFailed, match="has no PostgreSQL postgres"):
        here.do(warm_cache)
    assert isinstance(here.inventory.systems["redis"], RedisSettings)

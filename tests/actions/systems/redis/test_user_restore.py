"""One user's keys, brought back into a real Redis from a backup, and no key of anybody else touched."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from actions.backups.take import take
from actions.inventory import load_inventory
from actions.outcome import ActionFailed, Outcome
from actions.settings import ErasureSettings
from actions.systems.redis.erasure import reapply_erasures
from actions.systems.redis.settings import ToldKeys, UserData
from actions.systems.redis.user_restore import user_left, user_restore
from tests.actions.contexts import FakeContext, RunnerDied
from tests.actions.systems.redis.redis_lab import RedisLab, running_redis
from tests.labs import Lab, running_lab
from tests.waiting import until

pytestmark = pytest.mark.xdist_group("redis-warm")

TOLD = ToldKeys(
    name="conversations",
    system="postgres",
    sql="SELECT 'conversation:' || id || ':messages' FROM conversations WHERE user_id::text = {id}",
)
DAY_S = 86400
SOON = b"user:7:gone soon"


class Both:
    """A Redis with a backup, and the PostgreSQL that tells whose conversations are."""

    def __init__(self, redis: RedisLab, postgres: Lab) -> None:
        self.redis = redis
        told = postgres.psql("SELECT id FROM conversations WHERE user_id = 7").split()
        self.conversations = [f"conversation:{each}:messages" for each in told]
        settings = msgspec.structs.replace(redis.settings(), user_data=UserData(told=[TOLD]))
        source = load_inventory(postgres.inventory_path).systems["postgres"]
        self.inventory = msgspec.structs.replace(redis.inventory, systems={"redis": settings, "postgres": source})
        with self.client() as client:
            for key in self.conversations:
                client.delete(key)
                client.rpush(key, "a message")
                client.expire(key, DAY_S)
            client.set(SOON, "x", px=3000)
            client.hset("user:7:device", mapping={"os": "none"})
            client.set("user:71:context", "of 71")
        with self.client(1) as client:
            client.set(b"user:7:\xff", b"\x00\xff")
        assert self.ctx().do(take).ok
        self.then = self.mine()
        self.others = self.theirs()

    def client(self, database: int = 0) -> Any:
        return self.redis.node().client(database=database)

    def ctx(self, **more: Any) -> FakeContext:
        return FakeContext(more.pop("inventory", self.inventory), system="redis", **more)

    def state(self) -> dict[tuple[int, bytes], tuple[bytes, int]]:
        """Every key with its content and when its time is up, to the second."""
        found = {}
        for database in (0, 1):
            with self.client(database) as client:
                keys = client.execute_command("KEYS", "*", NEVER_DECODE=True)
                pipeline = client.pipeline(transaction=False)
                for key in keys:
                    pipeline.execute_command("DUMP", key, NEVER_DECODE=True)
                    pipeline.expiretime(key)
                replies = pipeline.execute()
            found |= {
                (database, key): (content, expires)
                for key, content, expires in zip(keys, replies[::2], replies[1::2], strict=True)
                if b"heartbeat" not in key and key != SOON
            }
        return found

    def mine(self) -> dict[tuple[int, bytes], tuple[bytes, int]]:
        names = {key.encode() for key in self.conversations}
        return {k: v for k, v in self.state().items() if k[1].startswith(b"user:7:") or k[1] in names}

    def theirs(self) -> dict[tuple[int, bytes], tuple[bytes, int]]:
        mine = self.mine()
        return {k: v for k, v in self.state().items() if k not in mine}

    def lose(self) -> None:
        for database, key in self.mine():
            with self.client(database) as client:
                client.delete(key)

    def bring(self, user: str = "7", *, dry: bool = False, **params: Any) -> Outcome:
        return self.ctx(dry_run=dry).do(user_restore, user_id=user, **params)


@pytest.fixture(scope="module")
def both() -> Iterator[Both]:
    with running_lab() as postgres, running_redis() as redis:
        yield Both(redis, postgres)


def test_every_key_of_the_user_comes_back_with_its_time_and_no_other_is_touched(both: Both) -> None:
    both.lose()
    with both.client() as client:
        until(lambda: not client.exists(SOON))
        client.set("user:71:context", "changed since")
    others = both.theirs()
    assert both.bring(dry=True).summary.startswith("would read the keys of user 7 from the RDB file of backup")
    assert not both.mine(), "a dry run writes nothing"

    done = both.bring()
    assert both.mine() == both.then
    with both.client() as client:
        assert not client.exists(SOON), "its time was up"
    assert both.theirs() == others
    assert done.facts["restored"]["conversations"] == len(both.conversations) > 0
    assert done.facts["restored"]["user:{id}:* in database 1"] == 1
    assert both.ctx().do(user_left).ok, "nothing of it stays on the host"
    assert both.bring().summary.startswith("Nothing of this user is missing")


def test_what_was_written_since_stays_unless_it_is_asked_for(both: Both) -> None:
    key = (0, b"user:7:device")
    with both.client() as client:
        client.hset("user:7:device", "os", "newer")
    newer, others = both.mine()[key], both.theirs()
    kept = both.bring()
    assert both.mine()[key] == newer
    assert "1 key with other content than then stay" in str(kept.findings[0])
    assert both.bring(update=True).facts["restored"] == {"user:{id}:*": 1}
    assert both.mine()[key] == both.then[key]
    assert both.theirs() == others


def test_a_runner_that_died_leaves_nothing_half_done(both: Both) -> None:
    both.lose()
    ctx = both.ctx()
    ctx.dies_after = "user-keys"
    with pytest.raises(RunnerDied):
        ctx.do(user_restore, user_id="7")
    assert not both.mine()
    assert ctx.reenter(user_restore, user_id="7").ok
    assert both.mine() == both.then
    assert both.ctx().do(user_left).ok


def test_an_instant_before_all_backups_and_a_user_who_is_none_are_refused(both: Both) -> None:
    for params, words in (
        ({"date": "2020-01-01T00:00:00Z"}, "no usable backup of 2020"),
        ({"user": "987654"}, "no key of this user"),
        ({"user": "*"}, "no key of this user"),
        ({"user": ""}, "Say which user"),
        ({"date": "2026-11-29 03:00"}, "may mean"),
    ):
        with pytest.raises(ActionFailed, match=words):
            both.bring(**params)


def test_who_was_erased_is_not_brought_back_and_goes_with_the_conversations(both: Both, tmp_path: Path) -> None:
    ledger = tmp_path / "erased.jsonl"
    ledger.write_text(json.dumps({"user_id": 7, "at": time.time()}))
    erasure = ErasureSettings(host=both.redis.settings().host, file=str(ledger))
    inventory = msgspec.structs.replace(both.inventory, erasure=erasure)
    with pytest.raises(ActionFailed, match="what was erased on request stays erased"):
        both.ctx(inventory=inventory).do(user_restore, user_id="7")
    others, mine = both.theirs(), both.mine()
    done = both.ctx(inventory=inventory, decisions={"recovery_point": "latest"}).do(reapply_erasures)
    assert sum(done.facts["erased"].values()) == len(mine)
    assert done.facts["erased"]["conversations"] == len(both.conversations)
    assert not both.mine()
    assert both.theirs() == others

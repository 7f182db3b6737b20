"""Verification of Redis: what is proven wrong, what a person must look at, and when it has nothing to say."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from actions.systems.redis import takeover, verify
from actions.systems.redis.restore import restore
from actions.systems.redis.writers import allow_writers, stop_writers
from tests.actions.systems.redis.redis_lab import RedisLab, running_redis
from tests.actions.systems.redis.restoring import backup, ctx, kill, lose, put

pytestmark = pytest.mark.xdist_group("redis-verify")


@pytest.fixture(scope="module")
def lab() -> Iterator[RedisLab]:
    with running_redis() as running:
        yield running


@pytest.fixture(autouse=True)
def counted_again_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(takeover, "AGAIN_S", 0.2)
    monkeypatch.setattr(verify, "AGAIN_S", 0.5)


def test_a_sound_server_at_work_gives_no_alarm(lab: RedisLab) -> None:
    backup(lab)
    outcome = ctx(lab).do(verify.verify)
    assert outcome.ok
    assert outcome.findings == []
    newest = datetime.fromisoformat(outcome.facts["newest_commit_at"])
    assert datetime.now(UTC) - newest < timedelta(seconds=30)


def test_a_server_that_was_emptied_is_wrong_though_it_is_up(lab: RedisLab) -> None:
    backup(lab)
    with lab.node().client() as client:
        client.flushall()
    outcome = ctx(lab).do(verify.verify)
    assert not outcome.ok
    assert any("db2" in str(one) and "500 were in" in str(one) for one in outcome.findings)
    assert outcome.cures[0].action == "redis.restore"


def test_after_a_restore_a_single_missing_key_is_proven(lab: RedisLab) -> None:
    lose(lab)
    here = ctx(lab)
    here.do(stop_writers)
    here.do(restore)
    assert here.do(verify.verify).findings == []
    with lab.node().client(database=2) as client:
        client.delete("limit:7")
    outcome = here.do(verify.verify)
    assert not outcome.ok
    assert "499 keys that never expire, 500 were in" in outcome.summary
    put(lab, "limit:7")
    assert here.do(verify.verify).ok
    here.do(allow_writers)


def test_what_the_next_start_would_not_bring_back_is_wrong(lab: RedisLab) -> None:
    with lab.node().client() as client:
        client.config_set("appendonly", "no")
        next(lab.node().append_only.glob("*.manifest")).unlink()
        outcome = ctx(lab).do(verify.verify)
        client.config_set("appendonly", "yes")
    assert not outcome.ok
    assert any(one.about == "the next start" for one in outcome.findings)


def test_a_password_that_the_application_does_not_have_is_told(lab: RedisLab) -> None:
    user = lab.settings().app_users[0].name
    with lab.node().client() as client:
        client.acl_setuser(user, enabled=True, reset_passwords=True, passwords=["+another"])
    outcome = ctx(lab).do(verify.verify)
    with lab.node().client() as client:
        client.acl_load()
    assert [one.about for one in outcome.findings if "another than the inventory" in one.text] == [f"login of {user}"]


def test_without_anything_to_compare_with_it_is_a_partial_look(lab: RedisLab) -> None:
    repository = lab.node().repository / "redis"
    repository.rename(repository.with_name("elsewhere"))
    outcome = ctx(lab).do(verify.verify)
    repository.with_name("elsewhere").rename(repository)
    assert outcome.ok
    assert "not compared" in outcome.partial
    assert outcome.examined == []


def test_what_came_from_append_only_files_is_compared_with_what_they_held(lab: RedisLab) -> None:
    put(lab, "one-more")
    kill(lab)
    here = ctx(lab)
    here.do(stop_writers)
    assert here.do(restore).facts["backup"] == ""
    assert here.do(verify.verify).findings == []
    with lab.node().client(database=2) as client:
        client.delete("one-more")
    assert not here.do(verify.verify).ok
    here.do(allow_writers)

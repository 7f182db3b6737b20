"""Redis with its backups in a bucket alone: a lost server comes back from there, and health says what it cannot see."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest

from actions.backups.fetch import fetch
from actions.backups.offsite.acting import sync_offsite
from actions.backups.repository import watch
from actions.backups.storage.places import open_storage
from actions.backups.unattended.standing import Standing
from actions.outcome import ActionFailed
from actions.systems.redis import takeover
from actions.systems.redis.drill import drill
from actions.systems.redis.restore import restore
from cleo_console.lab.redis import server
from tests.actions.backups.storage.buckets import Emulated, emulated
from tests.actions.systems.redis.redis_lab import RedisLab, running_redis
from tests.actions.systems.redis.restoring import backup, ctx, keys, put
from tests.waiting import until

pytestmark = pytest.mark.xdist_group("redis-bucket")


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulated]:
    with emulated(tmp_path_factory.mktemp("store")) as found:
        yield found


@pytest.fixture(scope="module")
def lab(store: Emulated) -> Iterator[RedisLab]:
    with running_redis() as running:
        store.hold_backups_of("redis", running.inventory_path)
        shutil.rmtree(running.node().repository)
        yield running


@pytest.mark.soak
def test_a_lost_server_and_its_configuration_come_back_from_a_bucket(
    lab: RedisLab, store: Emulated, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(takeover, "AGAIN_S", 0.2)
    full = backup(lab)
    put(lab, "after-the-full-one")
    newest, before = backup(lab, "snapshot"), keys(lab)
    lab.kill()
    shutil.rmtree(lab.node().data_directory)
    lab.node().config_file.unlink()
    outcome = ctx(lab).do(restore)
    assert (outcome.facts["backup"], keys(lab)) == (newest, before)
    lab.kill()
    shutil.rmtree(lab.node().data_directory)
    spoilt = f"first/redis/{newest}/appendonlydir/appendonly.aof.1.base.rdb"
    content = store.client.get_object(Bucket="backups", Key=spoilt)["Body"].read()
    store.client.put_object(Bucket="backups", Key=spoilt, Body=content[: len(content) // 2])
    outcome = ctx(lab).do(restore)
    assert outcome.facts["backup"] == full, "an object that was cut short is passed over"
    assert any(newest in line for line in outcome.facts["passed_over"])
    assert ctx(lab).do(drill).facts["drill"] == full
    store.client.put_object(Bucket="backups", Key=spoilt, Body=content)


@pytest.mark.soak
def test_its_copy_in_a_second_place_is_tried_and_brought_back(
    lab: RedisLab, store: Emulated, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(takeover, "AGAIN_S", 0.2)
    if server.server_pid(lab.node()) is None:
        server.start(lab.node())
    newest, before = backup(lab), keys(lab)
    assert sync_offsite(ctx(lab))["backups"] >= 1
    seen = Standing(lab.inventory, "redis").look()
    assert seen and seen.covered_until and not seen.trouble
    drilled = ctx(lab).do(drill, source="offsite")
    assert (drilled.ok, drilled.facts["drill"]) == (True, newest)
    lost = open_storage(store.where("s3://backups/first"))
    for name in lost.sizes("redis/"):
        lost.remove(name)
    with pytest.raises(ActionFailed, match="was emptied, or is another one"):
        sync_offsite(ctx(lab))
    assert ctx(lab).do(fetch).ok
    lab.kill()
    shutil.rmtree(lab.node().data_directory)
    assert (ctx(lab).do(restore).facts["backup"], keys(lab)) == (newest, before)


def test_health_tells_what_would_be_lost_and_since_when_nobody_could_look(
    lab: RedisLab, store: Emulated, monkeypatch: pytest.MonkeyPatch
) -> None:
    if server.server_pid(lab.node()) is None:
        server.start(lab.node())
    backup(lab)
    monkeypatch.setattr(watch, "EVERY_S", 0.0)
    monkeypatch.setattr(watch, "_SHARE", 0)
    seen = lab.probe(deadline_s=30)
    assert seen.facts["exposure_s"] < 60 and "newest backup" in seen.facts["exposure_by"]
    good = store.credentials.read_text()
    try:
        store.credentials.unlink()
        until(lambda: "credentials" in lab.probe(deadline_s=30).detail)
        blind = lab.probe(deadline_s=30)
        assert "backups not seen anew" in blind.detail and "last seen" in blind.detail
        assert "exposure_s" in blind.facts, "what was seen before is there still"
        with pytest.raises(ActionFailed, match="cannot be read: No such file") as refused:
            backup(lab)
        assert refused.value.hint
    finally:
        store.credentials.write_text(good)
        store.credentials.chmod(0o600)
    until(lambda: "not seen" not in lab.probe(deadline_s=30).detail)

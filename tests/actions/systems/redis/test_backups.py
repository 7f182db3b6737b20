"""Backups of Redis: what is stored is sound, whole and private, and what cannot be backed up is said."""

from __future__ import annotations

import json
import shutil
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from actions.backups.hold import held, hold, release
from actions.backups.take import take
from actions.backups.verify import verify
from actions.outcome import ActionFailed, GateClosed
from actions.systems.redis.backups.engine import ENGINE
from actions.systems.redis.restore import restore
from actions.systems.redis.verify import verify as verify_keys
from cleo_console.lab.redis import server
from tests.actions.systems.redis.redis_lab import RedisLab, running_redis

pytestmark = pytest.mark.xdist_group("redis-backups")


@pytest.fixture(scope="module")
def lab() -> Iterator[RedisLab]:
    with running_redis(standby=True) as running:
        yield running


def folder(lab: RedisLab, label: object) -> Path:
    return lab.node().repository / "redis" / str(label)


def counts(lab: RedisLab) -> dict[str, dict[str, int]]:
    info = lab.node().info("keyspace")
    return {name: {"keys": said["keys"], "expires": said["expires"]} for name, said in info.items()}


def test_a_full_backup_holds_every_key_of_every_database_with_users_and_configuration(lab: RedisLab) -> None:
    outcome = lab.ctx().do(take)
    place = folder(lab, outcome.facts["backup"])
    entry = json.loads((place / "entry.json").read_text())
    assert entry["facts"]["databases"] == counts(lab)
    assert entry["facts"]["newest_write"]
    assert {file["name"] for file in entry["files"]} == {"dump.rdb", "redis.conf", "users.acl"}
    assert entry["server"]["maxmemory"] == 134217728
    assert [path.name for path in place.iterdir() if stat.S_IMODE(path.stat().st_mode) & 0o077] == []
    secrets = [path.read_text().strip() for path in (lab.node().lab / "redis" / "secrets").iterdir()]
    assert [secret for secret in secrets if secret in (place / "entry.json").read_text()] == []


def test_append_only_files_are_copied_whole_while_the_server_writes_and_rewrites(lab: RedisLab) -> None:
    with lab.node().client() as client:
        client.bgrewriteaof()
    outcome = lab.ctx().do(take, kind="snapshot")
    place = folder(lab, outcome.facts["backup"]) / "appendonlydir"
    done = subprocess.run(
        ["redis-check-aof", str(place / "appendonly.aof.manifest")], capture_output=True, text=True, check=False
    )
    assert "All AOF files and manifest are valid" in done.stdout
    assert json.loads((place.parent / "entry.json").read_text())["facts"]["databases"].keys() == counts(lab).keys()


def test_verifying_reads_every_file_and_names_the_damaged(lab: RedisLab) -> None:
    sound, bad = (str(lab.ctx().do(take).facts["backup"]) for _ in range(2))
    with (folder(lab, bad) / "dump.rdb").open("r+b") as file:
        file.seek(500)
        file.write(b"\0\0\0\0")
    outcome = lab.ctx().do(verify, full=True)
    assert outcome.ok
    assert outcome.facts["damaged"] == [bad]
    assert sound in outcome.facts["sound"]
    shutil.rmtree(folder(lab, bad))


def test_a_hold_keeps_scheduled_backups_off_until_it_is_released(lab: RedisLab) -> None:
    lab.ctx().do(hold)
    assert lab.node().hold_file.exists()
    assert lab.ctx().do(held).facts["held"]
    lab.ctx().do(release)
    assert not lab.node().hold_file.exists()


def test_a_save_that_fails_is_no_backup_and_says_why(lab: RedisLab) -> None:
    node, before = lab.node(), len(ENGINE.list(lab.ctx(), "redis").sets)
    blocked = node.data_directory
    mode = blocked.stat().st_mode
    blocked.chmod(0o500)
    try:
        with pytest.raises(ActionFailed, match=r"could not save an RDB file.*Permission denied"):
            lab.ctx().do(take)
    finally:
        blocked.chmod(mode)
    assert len(ENGINE.list(lab.ctx(), "redis").sets) == before
    assert lab.ctx().do(take).ok


def test_a_replica_is_neither_backed_up_nor_verified_nor_restored(lab: RedisLab) -> None:
    replica = next(name for name in lab.services if name != "redis")
    for action in (take, verify_keys):
        with pytest.raises(ActionFailed, match="is a replica of"):
            lab.ctx(replica).do(action)
    lab.kill(replica)
    with pytest.raises(ActionFailed, match="is configured as a replica of"):
        lab.ctx(replica, decisions={"recovery_point": "latest"}).do(restore)
    server.start(lab.node(replica))


def test_a_replica_that_still_follows_is_named_before_its_master_is_restored(lab: RedisLab) -> None:
    replica = next(name for name in lab.services if name != "redis")
    server.wait_until_followed(lab.node(replica))
    lab.kill()
    with pytest.raises(GateClosed, match=f"{replica} still follows") as error:
        lab.ctx(decisions={"recovery_point": "latest"}).do(restore)
    assert error.value.gate == "replicas"
    server.start(lab.node())


def test_without_append_only_files_there_is_no_snapshot(lab: RedisLab) -> None:
    with lab.node().client() as client:
        client.config_set("appendonly", "no")
        try:
            with pytest.raises(ActionFailed, match="keeps no append-only file"):
                lab.ctx().do(take, kind="snapshot")
        finally:
            client.config_set("appendonly", "yes")

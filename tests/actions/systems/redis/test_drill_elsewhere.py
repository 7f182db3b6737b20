"""Redis tried with nothing but what lies off site, and on another host; nothing is left of it."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from actions.backups.offsite.acting import sync_offsite
from actions.backups.verify import verify
from actions.inventory import Inventory
from actions.outcome import ActionFailed
from actions.settings import DrillSettings
from actions.systems.redis.drill import drill, drill_left, target
from actions.transport import LocalHost
from actions.transport.hosts import HostSpec
from journal.incident.restore_time import RestoreTime
from tests.actions.contexts import FakeContext, RunnerDied
from tests.actions.sshd import Sshd, running_sshd
from tests.actions.systems.redis.redis_lab import RedisLab, running_redis
from tests.actions.systems.redis.restoring import backup

pytestmark = pytest.mark.xdist_group("redis-drill-elsewhere")
OFFSITE = {"source": "offsite"}


@pytest.fixture(scope="module")
def lab() -> Iterator[RedisLab]:
    with running_redis() as running:
        backup(running)
        sync_offsite(FakeContext(running.inventory, system="redis"))
        yield running


@pytest.fixture
def sshd(tmp_path: Path) -> Iterator[Sshd]:
    with running_sshd(tmp_path / "sshd") as server:
        yield server


def ctx(lab: RedisLab, number: int = 1, **more: Any) -> FakeContext:
    return FakeContext(lab.inventory, system="redis", id=f"INC-{number}", **more)


def copies(lab: RedisLab) -> Path:
    assert lab.second_place
    return Path(lab.second_place.where.place)


def drills(lab: RedisLab) -> list[dict[str, Any]]:
    """What the second place knows of drills from there."""
    found: list[dict[str, Any]] = json.loads((copies(lab) / "redis.drills.json").read_text())
    return found


def left(lab: RedisLab) -> list[Path]:
    return [path for path in lab.directory.rglob("*drill*") if path.name != "redis.drills.json"]


def test_what_is_not_off_site_is_named(lab: RedisLab) -> None:
    inventory = lab.inventory
    assert inventory.offsite
    offsite = msgspec.structs.replace(inventory.offsite, place="s3://copies", credentials="/etc/cleo/offsite")
    with pytest.raises(ActionFailed, match="copy of the credentials of s3://copies is kept off site") as refused:
        FakeContext(msgspec.structs.replace(inventory, offsite=offsite), system="redis").do(drill, **OFFSITE)
    assert "offsite: kept_credentials" in refused.value.cures[0].words
    with pytest.raises(ActionFailed, match="names no second place"):
        FakeContext(msgspec.structs.replace(inventory, offsite=None), system="redis").do(drill, **OFFSITE)


def elsewhere(lab: RedisLab, host: HostSpec, **more: Any) -> Inventory:
    """The lab's inventory with another host, where drills of it work."""
    found = lab.inventory
    settings = msgspec.structs.replace(found.systems["redis"], drill=DrillSettings(python=sys.executable, **more))
    hosts = {**found.hosts, "dr1": host}
    return msgspec.structs.replace(found, hosts=hosts, systems={**found.systems, "redis": settings})


def test_what_a_drill_left_that_was_killed_the_next_one_removes_and_says(lab: RedisLab) -> None:
    with pytest.raises(ActionFailed, match="Nothing tells where on dr1 a drill of redis may work"):
        FakeContext(elsewhere(lab, LocalHost()), system="redis").do(drill, on="dr1")
    folder = lab.directory / "dr"
    folder.mkdir(exist_ok=True)
    inventory = elsewhere(lab, LocalHost(), folder=str(folder))
    killed = FakeContext(inventory, system="redis", id="INC-9")
    killed.dies_after = "offsite-fetch"
    with pytest.raises(RunnerDied):
        killed.do(drill, on="dr1", **OFFSITE)
    assert [path.name for path in folder.iterdir()] == ["cleo-drill-redis"]
    after = FakeContext(inventory, system="redis", id="INC-10")
    assert not after.do(drill_left, on="dr1", **OFFSITE).ok
    outcome = after.do(drill, on="dr1", **OFFSITE)
    assert outcome.ok, outcome
    assert f"What the drill of INC-9 left in {folder}/cleo-drill-redis on dr1 was removed first" in outcome.summary
    assert list(folder.iterdir()) == []
    assert after.do(drill_left, on="dr1", **OFFSITE).ok


def test_a_drill_over_ssh_leaves_nothing_there_and_is_written_beside_the_backup(lab: RedisLab, sshd: Sshd) -> None:
    folder = lab.directory / "dr"
    folder.mkdir(exist_ok=True)
    there = FakeContext(elsewhere(lab, sshd.host(), folder=str(folder)), system="redis")
    outcome = there.do(drill, on="dr1")
    assert outcome.ok, outcome
    assert outcome.facts["drill_on"] == "dr1"
    assert list(folder.iterdir()) == []
    marks = list((lab.node().repository / "redis").rglob("restored-*.json"))
    assert [json.loads(path.read_text())["facts"]["host"] for path in marks] == ["dr1"]
    identity = {one.name: one.value for one in target(there)}
    assert identity["drill instance"] == f"{folder}/cleo-drill-redis"


def test_a_drill_from_offsite_needs_neither_the_server_nor_its_backups(lab: RedisLab) -> None:
    """Last: the lab has lost all else by then."""
    newest = max((lab.node().repository / "redis").glob("2*")).name
    lab.kill()
    for place in (lab.node().repository, lab.node().data_directory, lab.node().directory / "etc"):
        place.rename(place.with_name(f"{place.name}.away"))
    outcome = ctx(lab).do(drill, **OFFSITE)
    assert outcome.ok, outcome
    assert outcome.facts["drill"] == newest
    assert left(lab) == []
    known = drills(lab)[-1]
    assert (known["label"], known["mark"]["ok"]) == (newest, True)
    assert known["mark"]["seconds"] >= known["mark"]["facts"]["fetch_s"] >= 0
    assert outcome.facts["drill_s"] == pytest.approx(known["mark"]["seconds"], abs=0.01)
    with pytest.raises(ActionFailed, match="cannot be read") as unlisted:
        ctx(lab).do(verify)
    last = RestoreTime.of(unlisted.value.facts)
    assert last and last.offsite, "where no backup is left a restore begins in the second place"
    assert "from the second place, with the fetch" in str(last)
    lost = max((copies(lab) / "redis" / newest).glob("dump.rdb"))
    lost.rename(lost.with_suffix(".away"))
    with pytest.raises(ActionFailed, match=f"{newest}/dump.rdb is missing: redis cannot be restored from there"):
        ctx(lab).do(drill, **OFFSITE)
    assert left(lab) == []

"""Valkey speaks the same: stopped, started, saved, restored, verified and drilled by the same actions as Redis.

A lab's Redis becomes a Valkey: the same configuration, users and data, another server's programs.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from actions.inventory import Inventory
from actions.machine.service import Service
from actions.outcome import ActionFailed
from actions.systems.redis import takeover, verify
from actions.systems.redis.backups.engine import ENGINE
from actions.systems.redis.drill import drill
from actions.systems.redis.probe import probe
from actions.systems.redis.product import REDIS, VALKEY, cannot_load
from actions.systems.redis.rdb import read_rdb
from actions.systems.redis.reload_aof import reload_aof
from actions.systems.redis.restore import restore
from actions.systems.redis.restore_record import keeper
from actions.systems.redis.server import find_server
from actions.systems.redis.settings import RedisSettings
from actions.systems.redis.start_stop import start, stop
from actions.transport import local
from cleo_console.lab.redis import server
from tests.actions.contexts import FakeContext
from tests.actions.systems.redis.redis_lab import RedisLab, running_redis
from tests.actions.systems.redis.restoring import LATEST, backup, keys, put

pytestmark = pytest.mark.xdist_group("redis-valkey")

PROGRAMS = ("valkey-check-rdb", "valkey-check-aof")


class Valkey:
    """A lab's server, which Valkey's program runs now."""

    def __init__(self, lab: RedisLab) -> None:
        self.lab, self.node, self.redis = lab, lab.node(), lab.inventory
        self.by_redis = backup(lab)
        programs = self.node.directory / "valkey"
        programs.mkdir()
        found = [*(Path(sys.prefix) / "valkey").rglob("valkey-server")]
        assert found, "Valkey is not installed: make system"
        shutil.copy(found[0], programs / "valkey-server")
        (programs / "valkey-server").chmod(0o755)
        for name in PROGRAMS:
            (programs / name).symlink_to("valkey-server")
        service = Service(manager="command", start=[str(programs / "valkey-server"), str(self.node.config_file)])
        settings = replace(lab.settings(), program="valkey-server", bin_directory=str(programs), service=service)
        self.inventory: Inventory = replace(self.redis, systems={"redis": settings})
        server.stop(self.node)
        self.do(start)

    def ctx(self, inventory: Inventory | None = None, **more: Any) -> FakeContext:
        return FakeContext(inventory or self.inventory, system="redis", **{"decisions": LATEST, **more})

    def do(self, action: Any, **params: Any) -> Any:
        outcome = self.ctx(id=f"INC-{id(params)}").do(action, **params)
        assert outcome.ok, outcome
        return outcome

    def take(self, kind: str = "full") -> str:
        taken = ENGINE.take(self.ctx(), "redis", kind, {})
        assert taken.set
        return taken.set.label

    def lose(self) -> None:
        self.do(stop, immediate=True)
        shutil.rmtree(self.node.data_directory)


@pytest.fixture(scope="module")
def valkey() -> Iterator[Valkey]:
    with running_redis() as lab:
        yield Valkey(lab)


@pytest.fixture(autouse=True)
def counted_again_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(takeover, "AGAIN_S", 0.2)
    monkeypatch.setattr(verify, "AGAIN_S", 0.2)


def test_it_is_stopped_started_saved_restored_and_drilled_by_the_same_actions(valkey: Valkey) -> None:
    health = probe("redis", valkey.inventory.system("redis", RedisSettings), local(), deadline_s=8)
    assert (health.status, health.facts["version"]) == ("up", "9.1.2")
    for kind in ("full", "snapshot"):  # the snapshot's base is in Valkey's own format
        label, before = valkey.take(kind), keys(valkey.lab)
        assert valkey.do(drill).facts["drill"] == label
        valkey.lose()
        assert valkey.do(restore, latest=True).facts["backup"] == label
        assert keys(valkey.lab) == before
        assert valkey.do(verify.verify).findings == []
        valkey.do(stop)
        valkey.do(start)
        assert keys(valkey.lab) == before


@pytest.mark.soak  # `test_reload_aof.py` does it with Redis
def test_what_survived_in_its_append_only_file_is_loaded(valkey: Valkey) -> None:
    label = valkey.take()
    put(valkey.lab, "after the backup")
    before, incident = keys(valkey.lab), valkey.ctx(id="INC-AOF")
    assert incident.do(stop, immediate=True).ok
    assert incident.do(restore, backup=label).ok
    assert keys(valkey.lab)["db2"] == before["db2"] - 1
    assert incident.do(reload_aof).ok
    assert keys(valkey.lab) == before


def test_what_redis_wrote_is_loaded_and_redis_loads_nothing_of_valkeys_own(valkey: Valkey) -> None:
    before = keys(valkey.lab)
    valkey.lose()
    assert valkey.do(restore, backup=valkey.by_redis).facts["backup"] == valkey.by_redis
    assert keys(valkey.lab)["db1"] == before["db1"]
    newer = valkey.take()
    valkey.do(stop)
    with pytest.raises(ActionFailed, match=r"by Valkey 9\.1\.2, and db1 has Redis 7\.0\.15, which cannot load it"):
        valkey.ctx(valkey.redis).do(restore, backup=newer)
    valkey.do(start)


def test_a_format_that_the_server_cannot_load_is_no_damage(valkey: Valkey) -> None:
    file = valkey.node.repository / "foreign.rdb"
    file.write_bytes(b"REDIS0012" + bytes(100))
    for inventory in (valkey.redis, valkey.inventory):
        here = find_server(valkey.ctx(inventory))
        with pytest.raises(ActionFailed, match="an RDB file of format 12, which the server here cannot load"):
            read_rdb(keeper(here), here.program("redis-check-rdb"), str(file))
    file.write_bytes(b"VALKEY080" + bytes(100))
    here = find_server(valkey.ctx(valkey.redis))
    with pytest.raises(ActionFailed, match="of Valkey's own format"):
        read_rdb(keeper(here), here.program("redis-check-rdb"), str(file))


@pytest.mark.parametrize(
    ("here", "wrote", "refused"),
    [
        ((VALKEY, "8.0.1"), (REDIS, "7.4.0"), True),
        ((VALKEY, "9.1.2"), (REDIS, "8.2.1"), True),
        ((VALKEY, "7.2.5"), (REDIS, "7.2.4"), False),
        ((REDIS, "7.2.4"), (VALKEY, "8.1.0"), False),
        ((REDIS, "7.0.15"), (VALKEY, "8.1.0"), True),
        ((REDIS, "8.2.0"), (VALKEY, "9.0.0"), True),
        ((VALKEY, "8.0.1"), (VALKEY, "9.0.0"), True),
        ((REDIS, "7.0.15"), (REDIS, "7.2.0"), True),
        ((REDIS, "7.2.0"), (REDIS, "7.0.15"), False),
        ((REDIS, "7.2.0"), (REDIS, ""), False),
    ],
)
def test_who_loads_what_the_other_wrote(here: tuple[str, str], wrote: tuple[str, str], *, refused: bool) -> None:
    assert cannot_load(here, wrote) is refused

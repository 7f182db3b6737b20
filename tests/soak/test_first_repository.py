"""Backups that lie in a real object store themselves (`make soak`): what an emulation proves, and what it cannot."""

from __future__ import annotations

import inspect
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest

from actions.backups.repository.show import ShowOrder
from actions.backups.storage.storage import Where
from actions.outcome import ActionFailed
from actions.systems.redis import takeover
from actions.systems.redis.restore import restore
from cleo_console.lab.clock import day_ahead
from tests.actions.backups.repository import test_bucket
from tests.actions.backups.repository.test_bucket import INVENTORY, Shelves
from tests.actions.contexts import FakeContext
from tests.actions.systems.redis.redis_lab import RedisLab
from tests.actions.systems.redis.restoring import backup, ctx, keys
from tests.labs import lab_directory
from tests.soak.ceph import OWNER, Ceph, running_ceph

_TOLD_S = 45.0
_TESTS = [
    test
    for name, test in vars(test_bucket).items()
    if name.startswith("test_") and "shelves" in inspect.signature(test).parameters and "troubles" not in name
]


class Store:
    """A store as `Shelves` knows one."""

    def __init__(self, ceph: Ceph) -> None:
        self.endpoint, self.client = ceph.endpoint, ceph.client
        self.credentials = Path(ceph.where("s3://backups").credentials)
        self._ceph = ceph

    def where(self, place: str) -> Where:
        return self._ceph.where(place)


@pytest.fixture(scope="module")
def ceph(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ceph]:
    with running_ceph(tmp_path_factory.mktemp("ceph")) as found:
        found.client.create_bucket(Bucket="backups")
        yield found


@pytest.fixture
def shelves(ceph: Ceph, tmp_path: Path) -> Shelves:
    store: Any = Store(ceph)
    return Shelves(store, tmp_path.name)


@pytest.mark.parametrize("test", _TESTS, ids=lambda test: test.__name__)
def test_what_holds_in_an_emulation_holds_here(test: Callable[..., None], shelves: Shelves, tmp_path: Path) -> None:
    known = {"shelves": shelves, "tmp_path": tmp_path}
    test(**{name: known[name] for name in inspect.signature(test).parameters})


def test_what_is_locked_is_said_with_until_when(shelves: Shelves) -> None:
    client = shelves.store.client
    client.create_bucket(Bucket="kept", ObjectLockEnabledForBucket=True)
    lock = {"ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 7}}}
    client.put_object_lock_configuration(Bucket="kept", ObjectLockConfiguration=lock)
    shelves.repository, shelves.keep = "s3://kept/here", 1
    old, new = shelves.put("old"), shelves.put("new")
    here = FakeContext(INVENTORY)
    assert shelves.expire(here, "store") == [old]
    assert [one.label for one in shelves.list(here, "store").sets] == [new]
    assert any(f"{old}: 2 objects" in line and "locked until" in line for line in here.lines)


@contextmanager
def hanging(ceph: Ceph) -> Iterator[None]:
    pid = ceph.place.pids["radosgw"]
    assert pid
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def test_its_troubles_are_told_apart_in_good_time(ceph: Ceph, shelves: Shelves) -> None:
    shelves.put("content")
    here = FakeContext(INVENTORY)
    with hanging(ceph), pytest.raises(ActionFailed, match="does not answer") as told:
        shelves.list(here, "store")
    assert "It hangs" in told.value.hint
    key, secret = OWNER
    for keys_, words, hint in (
        ((key, "wrong"), "The secret key is not the one", "Correct the credentials"),
        (("AKIANOBODY0000000001", secret), "does not know the access key", "Correct the file"),
    ):
        shelves.store.credentials = Path(ceph.where("s3://backups", keys_).credentials)
        with pytest.raises(ActionFailed, match=words) as told:
            shelves.list(here, "store")
        assert hint in told.value.hint
    order = ShowOrder(where=ceph.where(shelves.repository), below="store/")
    argv = [sys.executable, "-m", "actions.backups.repository.show", msgspec.json.encode(order).decode()]
    environment = {**os.environ, **day_ahead()}
    done = subprocess.run(argv, env=environment, capture_output=True, text=True, timeout=_TOLD_S)
    assert done.returncode == 1
    assert "has another time than this host: this host's clock is 24 h 00 min ahead" in done.stderr
    assert "Set this host's clock" in done.stderr


def test_a_lab_restores_what_it_lost_from_the_store(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(takeover, "AGAIN_S", 0.2)
    with lab_directory() as directory:
        lab = RedisLab.up(directory, systems=["redis"], first=True, backup_minutes=600)
        place = lab.settings().backups.where.place
        assert place.startswith("s3://") and not any(lab.node().repository.iterdir())
        label, before = backup(lab), _lasting(lab)
        lab.kill()
        shutil.rmtree(lab.node().data_directory)
        assert ctx(lab).do(restore).facts["backup"] == label
        assert _lasting(lab) == before
        lab.break_("redis", "damage-newest-backup")
        lab.kill()
        shutil.rmtree(lab.node().data_directory)
        outcome = ctx(lab).do(restore)
        assert outcome.facts["passed_over"] and _lasting(lab) == before


def _lasting(lab: RedisLab) -> dict[str, int]:
    """Return the keys of the databases that nothing is written to meanwhile."""
    return {name: number for name, number in keys(lab).items() if name != "db0"}

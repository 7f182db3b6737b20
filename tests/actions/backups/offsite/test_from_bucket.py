"""A repository in a bucket and its copy in another storage: streamed from one to the other, and back."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec
import pytest

from actions.backups.offsite.findings import covered_until
from actions.backups.offsite.order import Order
from actions.backups.repository.new_backup import new_backup
from actions.backups.repository.remove import RemoveOrder
from actions.backups.repository.remove import main as remove_backups
from actions.backups.storage.places import open_storage
from actions.backups.storage.storage import Storage, Where
from tests.actions.backups.offsite.test_offsite import Site
from tests.actions.backups.storage.buckets import Emulated, emulated, emulated_apart

pytestmark = pytest.mark.xdist_group("moto")
_LARGE = "eleven bytes" * (1 << 20)
"""More than one part of an upload."""


class BucketSite(Site):
    """A repository in a bucket, and its second place."""

    def __init__(self, folder: Path, first: Where, where: Where, client: Any, first_client: Any = None) -> None:
        super().__init__(folder, where, client)
        self.first, self.first_client = first, first_client

    @property
    def here(self) -> Storage:
        return open_storage(msgspec.structs.replace(self.first, place=f"{self.first.place}/shop"))

    @property
    def there(self) -> Storage:
        return open_storage(msgspec.structs.replace(self.where, place=f"{self.where.place}/shop"))

    def take(self, text: str, kind: str = "full") -> str:
        with new_backup(self.first, "shop", kind) as backup:
            with backup.new("data") as file:
                file.write(text.encode())
            entry = backup.finish("toy", consistent_at=datetime.now(UTC))
        self.backups[entry.id] = entry
        return entry.id

    def order(self, **more: Any) -> Order:
        here = msgspec.structs.replace(self.first, place=f"{self.first.place}/shop")
        return super().order(**{"here": here, **more})

    def client_of(self, place: Where) -> Any:
        """The client of the owner of a place's storage."""
        return self.client if place.endpoint == self.where.endpoint else self.first_client

    def lose(self) -> None:
        """Empty the repository."""
        for name in self.here.sizes(""):
            self.here.remove(name)


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulated]:
    with emulated(tmp_path_factory.mktemp("first")) as found:
        yield found


@pytest.fixture(scope="module")
def second(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulated]:
    with emulated_apart(tmp_path_factory.mktemp("second")) as found:
        yield found


@pytest.fixture(params=["folder", "bucket"])
def site(request: pytest.FixtureRequest, first: Emulated, second: Emulated, tmp_path: Path) -> BucketSite:
    (tmp_path / "away").mkdir()
    bucket = second.where(f"s3://backups/{tmp_path.name}")
    where = bucket if request.param == "bucket" else Where(place=str(tmp_path / "away"))
    return BucketSite(tmp_path, first.where(f"s3://backups/{tmp_path.name}"), where, second.client, first.client)


def test_a_repository_is_copied_whole_and_comes_back(site: BucketSite) -> None:
    one = site.take(_LARGE)
    site.here.put_bytes(".incomplete-20261129-000000F", b"{}")
    site.here.put_bytes("20261129-000000F/half", b"of a backup that is being written")
    did = site.sync()
    assert (did["copied"], did["backups"]) == (2, 1)
    two = site.take("two")
    did = site.sync()
    assert (did["copied"], did["kept"], did["backups"]) == (2, 2, 2)
    seen = site.look(full=True)
    assert list(seen.backups) == [one, two] and not seen.damage
    assert covered_until(seen) == site.backups[two].consistent_at
    assert sorted(site.there.sizes("")) == sorted(
        f"{id_}/{name}" for id_ in (one, two) for name in ("data", "entry.json")
    )
    before = dict(site.there.sizes(""))

    site.lose()
    assert f"knows nothing of the newest backup that was copied before ({two}" in site.sync(backups={})["failed"]
    assert site.there.sizes("") == before, "an emptied source is no sync"
    assert site.do("fetch", site.order(only=[f"{two}/"]))["fetched"] == 2
    done = site.do("fetch", site.order())
    assert (done["fetched"], done["kept"]) == (2, 2)
    assert site.here.read(f"{one}/data").decode() == _LARGE
    assert site.sync()["copied"] == 0
    site.here.put_bytes(f"{two}/data", b"six")
    assert "is here with another content than was copied; it is left" in site.do("fetch", site.order())["failed"]


def test_what_is_damaged_on_either_side_gets_no_name_on_the_other(site: BucketSite) -> None:
    bad, good = site.take(_LARGE), site.take("good")
    site.here.put_bytes(f"{bad}/data", _LARGE.replace("eleven", "twelve", 1).encode())
    assert f"{bad}/data is not what its entry says" in site.sync()["failed"]
    assert sorted(site.there.sizes("")) == [f"{good}/data", f"{good}/entry.json"]
    site.here.put_bytes(f"{bad}/data", _LARGE.encode())
    assert site.sync()["copied"] == 2
    site.there.put_bytes(f"{bad}/data", _LARGE.replace("eleven", "twelve", 1).encode())
    site.here.remove(f"{bad}/data")
    site.here.remove(f"{bad}/entry.json")
    assert f"{bad}/data has another content than was copied" in site.do("fetch", site.order())["failed"]
    assert not site.here.sizes(f"{bad}/")
    for place in (site.first, site.where) if site.where.endpoint else (site.first,):
        bucket = place.place.removeprefix("s3://").partition("/")[0]
        left = site.client_of(place).list_multipart_uploads(Bucket=bucket)
        assert not left.get("Uploads"), "nor are parts of it left"


def test_retention_there_is_no_loss_and_takes_nothing_here(site: BucketSite) -> None:
    old, new = site.take("old"), site.take("new")
    site.sync()
    newest = site.take("newest")
    shelf = msgspec.json.encode(RemoveOrder(where=site.first, system="shop")).decode()
    assert remove_backups(shelf, [old, new]) == 0
    del site.backups[old], site.backups[new]
    assert site.sync()["backups"] == 1
    assert list(site.look(full=True).backups) == [old, new, newest] and not site.look(full=True).damage


_DIES = """
import os, resource, sys
from actions.backups.storage.storage import Storage
from actions.backups.offsite import sync
resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
digest = Storage.digest
def read_back_and_die(self, name):
    found = digest(self, name)
    os.kill(os.getpid(), 9) if name.endswith("/data") and sys.argv[2:] else None
    return found
Storage.digest = read_back_and_die
sys.exit(sync.main(sys.argv[1]))
"""


def test_a_killed_sync_goes_on_where_it_was_and_writes_no_file_here(
    first: Emulated, second: Emulated, tmp_path: Path
) -> None:
    place = f"s3://backups/{tmp_path.name}"
    site = BucketSite(tmp_path, first.where(place), second.where(place), second.client)
    one = site.take(_LARGE)
    argv = [sys.executable, "-c", _DIES, msgspec.json.encode(site.order()).decode()]
    assert subprocess.run([*argv, "die"], stdout=subprocess.PIPE).returncode == -9
    assert list(site.there.sizes("")) == [f"{one}/data"] and not site.look().backups
    done = subprocess.run(argv, stdout=subprocess.PIPE)
    assert done.returncode == 0, "no file may be written on this host, of whatever size"
    assert not site.look(full=True).damage and list(site.look().backups) == [one]


def test_the_repository_is_no_second_place_of_its_own(first: Emulated, tmp_path: Path) -> None:
    where = first.where(f"s3://backups/{tmp_path.name}")
    site = BucketSite(tmp_path, where, where, first.client)
    site.take("one")
    assert "is the repository itself, and no second place" in site.sync()["failed"]


def test_either_storage_that_is_gone_is_named(site: BucketSite, first: Emulated) -> None:
    site.take("one")
    gone = site.order(here=first.where("s3://gone/shop"))
    assert f"There is no bucket gone at {first.endpoint}" in site.do("sync", gone)["failed"]
    away = site.order(where=msgspec.structs.replace(first.where("s3://gone/there")))
    assert "There is no bucket gone" in site.do("sync", away)["failed"]


def test_what_is_called_by_its_content_is_proven_by_its_name(tmp_path: Path, second: Emulated) -> None:
    site = Site(tmp_path, second.where(f"s3://backups/{tmp_path.name}"), second.client)
    repository = tmp_path / "restic"

    def put(folder: str, content: bytes) -> Path:
        path = repository / folder / sha256(content).hexdigest()
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return path

    good, bad = put("data/aa", b"pack"), put("data/bb", b"another pack")
    snapshot = put("snapshots", b"snapshot")
    bad.write_bytes(b"another pac?")
    order = site.order(
        here=Where(place=str(repository)),
        heads=("index/*", "snapshots/*"),
        called_by_content=("data/*", "index/*", "snapshots/*"),
        skip=("locks",),
        remembers=False,
    )
    assert "nothing that may need it is copied" in site.do("sync", order)["failed"]
    there = open_storage(site.where)
    assert list(there.sizes("shop/")) == [f"shop/data/aa/{good.name}"]
    bad.write_bytes(b"another pack")
    assert site.do("sync", order)["copied"] == 2
    assert f"shop/snapshots/{snapshot.name}" in there.sizes("shop/")

"""The second place in a real object store (`make soak`): what an emulation cannot prove, credentials above all."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest

from actions.backups.storage.places import open_storage
from actions.backups.storage.storage import StorageTrouble
from tests.actions.backups.offsite import test_from_bucket, test_offsite
from tests.actions.backups.offsite.test_from_bucket import BucketSite
from tests.actions.backups.offsite.test_offsite import Site
from tests.soak.ceph import OWNER, WRITER, Ceph, running_ceph


def _of_a_site(module: ModuleType) -> list[Callable[..., None]]:
    return [
        test
        for name, test in vars(module).items()
        if name.startswith("test_") and list(inspect.signature(test).parameters) == ["site"]
    ]


_TESTS, _FROM_BUCKET = _of_a_site(test_offsite), _of_a_site(test_from_bucket)


@pytest.fixture(scope="module")
def ceph(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ceph]:
    with running_ceph(tmp_path_factory.mktemp("ceph")) as found:
        yield found


def _new_bucket(ceph: Ceph, name: str, **more: bool) -> str:
    ceph.client.create_bucket(Bucket=name, **more)
    return name


def _lock(ceph: Ceph, bucket: str) -> None:
    rule = {"DefaultRetention": {"Mode": "COMPLIANCE", "Days": 1}}
    lock = {"ObjectLockEnabled": "Enabled", "Rule": rule}
    ceph.client.put_object_lock_configuration(Bucket=bucket, ObjectLockConfiguration=lock)


@pytest.mark.parametrize("test", _TESTS, ids=lambda test: test.__name__)
def test_what_holds_in_an_emulation_holds_here(test: Callable[[Site], None], ceph: Ceph, tmp_path: Path) -> None:
    bucket = _new_bucket(ceph, test.__name__.replace("_", "-")[:60].rstrip("-"))
    test(Site(tmp_path, ceph.where(f"s3://{bucket}/here"), ceph.client))


@pytest.mark.parametrize("test", _FROM_BUCKET, ids=lambda test: test.__name__)
def test_what_holds_of_a_bucket_holds_here(test: Callable[..., None], ceph: Ceph, tmp_path: Path) -> None:
    """Its copy is written with keys that cannot delete, into a bucket that locks what it has."""
    name = test.__name__.replace("_", "-")[5:50].rstrip("-")
    first, second = _new_bucket(ceph, f"one-{name}"), _new_bucket(ceph, f"two-{name}", ObjectLockEnabledForBucket=True)
    _lock(ceph, second)
    ceph.let_write(second)
    where = ceph.where(f"s3://{second}/there", WRITER)
    test(BucketSite(tmp_path, ceph.where(f"s3://{first}/here"), where, ceph.client))


def test_wrong_credentials_are_told_apart(ceph: Ceph) -> None:
    bucket = _new_bucket(ceph, "credentials")
    for keys, words in (
        ((OWNER[0], "wrong"), "The secret key is not the one of the access key"),
        (("AKIANOBODY0000000001", "wrong"), "does not know the access key"),
        (WRITER, f"not allowed to look in {bucket}"),
    ):
        with pytest.raises(StorageTrouble, match=words):
            open_storage(ceph.where(f"s3://{bucket}", keys))


def test_credentials_that_cannot_delete_are_enough(ceph: Ceph, tmp_path: Path) -> None:
    bucket = _new_bucket(ceph, "nodelete")
    ceph.let_write(bucket)
    site = Site(tmp_path, ceph.where(f"s3://{bucket}/here", WRITER), ceph.client)
    site.take("one")
    assert site.sync()["copied"] == 2
    site.take("two")
    assert site.sync()["copied"] == 2 and not site.look(full=True).damage
    assert "whether one deletes is not known" in site.look().findings[0]
    assert "no object lock" in site.look().notes[0] or "cannot be read" in site.look().notes[0]


def test_locked_objects_are_no_hindrance(ceph: Ceph, tmp_path: Path) -> None:
    bucket = _new_bucket(ceph, "locked", ObjectLockEnabledForBucket=True)
    _lock(ceph, bucket)
    site = Site(tmp_path, ceph.where(f"s3://{bucket}/here"), ceph.client)
    first = site.take("one")
    site.sync()
    site.take("two" * (4 << 20))
    assert site.sync()["copied"] == 2, "one of it in parts"
    site.remove(f"shop/{first}/data")
    assert site.look().broken == {first: "is missing"}, "what is locked stays, hidden by a mark"
    assert site.sync()["mended"] == 1
    assert "locks each object for 1 day (COMPLIANCE)" in site.look().notes[0]
    versions = ceph.client.list_object_versions(Bucket=bucket, Prefix="here/shop.offsite.json")["Versions"]
    assert len(versions) > 2, "the index has versions, and none of them went"
    assert not site.look(full=True).damage

"""A file store whose restic repository is a bucket: taken, marked, restored; what is wrong with the bucket is told."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator

import pytest
import yaml

from actions.backups.fetch import fetch
from actions.backups.offsite.acting import look_offsite, sync_offsite
from actions.backups.take import take
from actions.backups.verify import verify
from actions.inventory import load_inventory
from actions.outcome import ActionFailed
from actions.systems.files.drill import drill
from actions.systems.files.engine import ENGINE
from actions.systems.files.probe import probe
from actions.systems.files.settings import FilesSettings
from actions.transport import open_transport
from tests.actions.backups.storage.buckets import Emulated, emulated
from tests.actions.systems.files.stores import StoreLab, store_lab

pytestmark = [
    pytest.mark.skipif(os.geteuid() != 0, reason="only root can keep a store's owner out of it"),
    pytest.mark.xdist_group("files-bucket"),
]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulated]:
    with emulated(tmp_path_factory.mktemp("store")) as found:
        yield found


@pytest.fixture(scope="module")
def lab(store: Emulated) -> Iterator[StoreLab]:
    with store_lab() as found:
        said = yaml.safe_load(found.inventory.read_text())
        repository = f"s3:{store.endpoint}/backups/files"
        said["systems"]["files"] |= {"repository": repository, "credentials": str(store.credentials)}
        found.inventory.write_text(yaml.safe_dump(said, sort_keys=False))
        settings = load_inventory(found.inventory).system("files", FilesSettings)
        argv = [settings.restic, "--repo", repository, "--password-file", settings.password.file, "init"]
        subprocess.run(argv, env={**os.environ, **settings.variables()}, check=True, capture_output=True)
        shutil.rmtree(found.place.repository)
        yield found


def test_a_lost_store_comes_back_from_a_bucket_and_its_troubles_are_told(lab: StoreLab, store: Emulated) -> None:
    label = lab.context().do(take).facts["backup"]
    before = lab.digests()
    assert lab.context().do(verify, full=True).ok
    marks = ENGINE.marks(lab.context(), "files")
    assert marks and marks.read()[label].verified
    inventory = load_inventory(lab.inventory)
    settings = inventory.system("files", FilesSettings)
    seen = probe("files", settings, open_transport(inventory.host(settings.host)), deadline_s=60)
    assert "exposure_s" in seen.facts
    assert sync_offsite(lab.context())["backups"] == 1
    assert look_offsite(lab.context(), full=True).damage == []
    assert lab.context().do(drill, source="offsite").facts["drill"] == label
    for one in store.client.list_objects_v2(Bucket="backups", Prefix="files/")["Contents"]:
        store.client.delete_object(Bucket="backups", Key=one["Key"])
    with pytest.raises(ActionFailed, match="was emptied, or lies elsewhere"):
        sync_offsite(lab.context())
    assert lab.context().do(fetch).ok
    shutil.rmtree(lab.directory)
    lab.do("files.stop_writers")
    assert lab.do("files.restore", lab.context(point="latest")).ok
    assert lab.digests() == before
    store.client.delete_object(Bucket="backups", Key="files/config")
    with pytest.raises(ActionFailed, match="has no repository of restic's: it was emptied"):
        ENGINE.list(lab.context(), "files")
    store.credentials.chmod(0o644)
    with pytest.raises(ActionFailed, match="Others can read the credentials") as refused:
        lab.context().do(take)
    assert "chmod 600" in refused.value.hint

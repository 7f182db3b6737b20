"""A repository in a bucket: a backup is there whole or not at all; what is wrong with the storage is told apart."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from actions.backups.marks import Mark
from actions.backups.repository import in_bucket
from actions.backups.repository.bring import BringOrder
from actions.backups.repository.bring import main as bring
from actions.backups.repository.engine import RepositoryEngine
from actions.backups.repository.new_backup import new_backup
from actions.backups.repository.place import Place
from actions.backups.repository.settings import RepositorySettings
from actions.backups.repository.stock import Files, Stock
from actions.backups.repository.writing import AlreadyWriting
from actions.backups.storage.bucket import Bucket
from actions.backups.storage.storage import StorageTrouble
from actions.context import ActionContext
from actions.inventory import Inventory
from actions.outcome import ActionFailed
from actions.transport import LocalHost
from journal.events.types import Kind
from tests.actions.backups.storage.buckets import Emulated, emulated
from tests.actions.contexts import FakeContext

pytestmark = pytest.mark.xdist_group("moto")
INVENTORY = Inventory(name="test", allows=[Kind.LAB], lab=True, hosts={"here": LocalHost()})


class Shelves(RepositoryEngine):
    """Backups of whatever was put into the bucket."""

    def __init__(self, store: Emulated, prefix: str) -> None:
        self.store, self.repository, self.keep = store, f"s3://backups/{prefix}", 0
        self.endpoint = store.endpoint

    def place(self, ctx: ActionContext, system: str) -> Place:
        settings = RepositorySettings(
            repository=self.repository, endpoint=self.endpoint, credentials=str(self.store.credentials), keep=self.keep
        )
        return Place(ctx, system, settings, "here")

    def put(self, text: str) -> str:
        with new_backup(self.store.where(self.repository), "store", "full") as backup:
            with backup.new("some/data") as file:
                file.write(text.encode())
            return backup.finish("toy").id

    def key(self, name: str) -> str:
        return f"{self.repository.removeprefix('s3://backups/')}/store/{name}"


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulated]:
    with emulated(tmp_path_factory.mktemp("store")) as found:
        yield found


@pytest.fixture
def shelves(store: Emulated, tmp_path: Path) -> Shelves:
    return Shelves(store, tmp_path.name)


def test_damage_of_every_kind_is_found_and_named(shelves: Shelves) -> None:
    whole, short, changed, gone, headless = (shelves.put("content") for _ in range(5))
    client, ctx = shelves.store.client, FakeContext(INVENTORY)
    client.put_object(Bucket="backups", Key=shelves.key(f"{short}/some/data"), Body=b"cont")
    client.put_object(Bucket="backups", Key=shelves.key(f"{changed}/some/data"), Body=b"CONTENT")
    client.delete_object(Bucket="backups", Key=shelves.key(f"{gone}/some/data"))
    client.delete_object(Bucket="backups", Key=shelves.key(f"{headless}/entry.json"))
    listed = shelves.list(ctx, "store")
    assert {one.label: one.unusable for one in listed.sets} == {
        whole: "",
        short: "is damaged: some/data has another size than when it was taken",
        changed: "",
        gone: "is damaged: some/data is missing",
    }
    assert [one.text for one in listed.findings] == [
        f"{shelves.repository}/store/{headless} has no entry.json: it is no backup"
    ]
    checked = shelves.verify(ctx, "store")
    assert checked.sound == [whole] and checked.damaged == [short, changed, gone]
    assert [one.text.partition("data: ")[2] for one in checked.findings] == [
        "it has 4 bytes, and had 7",
        "its content was changed",
        "it is missing",
    ]


def test_what_arrives_changed_is_no_backup(shelves: Shelves) -> None:
    """An older storage confirms no SHA-256: what it has is read back before the entry is written."""
    ctx = FakeContext(INVENTORY)
    with pytest.MonkeyPatch.context() as older:
        older.setattr(Bucket, "confirmed", lambda self, name: False)
        label = shelves.put("content")
        where = shelves.store.where(shelves.repository)
        with (
            pytest.raises(StorageTrouble, match="some/data arrived with SHA-256"),
            new_backup(where, "store", "full") as backup,
        ):
            with backup.new("some/data") as file:
                file.write(b"content")
            shelves.store.client.put_object(
                Bucket="backups", Key=shelves.key(f"{backup.id}/some/data"), Body=b"CONTENT"
            )
            backup.finish("toy")
    assert [one.label for one in shelves.list(ctx, "store").sets] == [label]
    assert shelves.place(ctx, "store").listing().incomplete == []


_WRITER = """
import sys, time, msgspec
from actions.backups.repository.new_backup import new_backup
from actions.backups.storage.storage import Where
with new_backup(msgspec.json.decode(sys.argv[1], type=Where), "store", "full") as backup:
    with backup.new("whole") as file:
        file.write(b"one of two files")
    with backup.new("half") as file:
        file.write(b"x" * (12 << 20))
        print("writing", flush=True)
        time.sleep(600)
"""


def test_is_no_backup_while_it_is_written_nor_after_its_writer_was_killed(shelves: Shelves) -> None:
    ctx, where = FakeContext(INVENTORY), shelves.store.where(shelves.repository)
    argv = [sys.executable, "-c", _WRITER, msgspec.json.encode(where).decode()]
    writer = subprocess.Popen(argv, stdout=subprocess.PIPE)
    assert writer.stdout and writer.stdout.readline() == b"writing\n"
    try:
        with pytest.raises(AlreadyWriting, match=f"process {writer.pid} of"):
            shelves.put("another")
        assert shelves.list(ctx, "store").sets == []
    finally:
        os.kill(writer.pid, signal.SIGKILL)
        writer.communicate()
    (left,) = shelves.place(ctx, "store").listing().incomplete
    assert shelves.list(ctx, "store").findings[0].text == f"{left} is no whole backup"
    label = shelves.put("the next one")
    listing = shelves.place(ctx, "store").listing()
    assert listing.incomplete == [] and [one.entry.id for one in listing.stored] == [label]
    prefix = shelves.key("")
    assert not shelves.store.client.list_multipart_uploads(Bucket="backups", Prefix=prefix).get("Uploads")
    names = shelves.store.client.list_objects_v2(Bucket="backups", Prefix=prefix)["Contents"]
    assert sorted(one["Key"].removeprefix(prefix) for one in names) == [f"{label}/entry.json", f"{label}/some/data"]


def test_marks_and_holds_lie_in_the_bucket_for_all_to_see(shelves: Shelves) -> None:
    label = shelves.put("content")
    one, other = FakeContext(INVENTORY), FakeContext(INVENTORY, id="INC-2")
    mark = Mark(at=datetime(2026, 11, 29, 2, tzinfo=UTC), ok=True, by="INC-1", seconds=2.5)
    shelves.place(one, "store").marks().leave(label, "restored", mark)
    assert shelves.place(other, "store").marks().read()[label].restored == mark
    assert shelves.list(one, "store").findings == [], "a mark is no part of a backup"
    for ctx in (one, other):
        shelves.hold(ctx, "store", shelves.read_hold(ctx, "store"))
    assert shelves.read_hold(other, "store").holders == ["INC-1", "INC-2"]
    assert shelves.read_hold(one, "shop").holders == []
    for ctx in (one, other):
        shelves.release(ctx, "store", shelves.read_hold(ctx, "store"))
    assert shelves.read_hold(one, "store").holders == []


def test_what_expired_is_removed_and_what_the_bucket_keeps_of_it_is_said(shelves: Shelves) -> None:
    shelves.store.client.create_bucket(Bucket="first-locked", ObjectLockEnabledForBucket=True)
    lock = {"ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": {"Mode": "COMPLIANCE", "Days": 7}}}
    shelves.store.client.put_object_lock_configuration(Bucket="first-locked", ObjectLockConfiguration=lock)
    shelves.repository = "s3://first-locked/expiring"
    ids, ctx = [shelves.put("data") for _ in range(3)], FakeContext(INVENTORY)
    shelves.keep = 2
    assert shelves.expire(ctx, "store") == ids[:1]
    listed = shelves.list(ctx, "store")
    assert ([one.label for one in listed.sets], listed.findings) == (ids[1:], [])
    said = [line for line in ctx.lines if "kept by the bucket all the same" in line]
    assert said and f"{ids[0]}: 2 objects" in said[0]


def test_troubles_of_the_storage_are_told_apart_with_their_cure(shelves: Shelves) -> None:
    ctx = FakeContext(INVENTORY)
    good = shelves.repository
    shelves.repository = "s3://gone/first"
    with pytest.raises(ActionFailed, match="There is no bucket gone") as gone:
        shelves.list(ctx, "store")
    assert "Make it, or correct the place" in gone.value.hint
    shelves.repository = good
    with (
        shelves.store.asking_for_credentials(),
        pytest.raises(ActionFailed, match="does not know the access key") as key,
    ):
        shelves.list(ctx, "store")
    assert "Correct the file of the credentials" in key.value.hint
    shelves.endpoint = "http://127.0.0.1:9"
    with pytest.raises(ActionFailed, match="nothing listens at its address") as down:
        shelves.list(ctx, "store")
    assert "Look whether the storage runs" in down.value.hint
    with socket.create_server(("127.0.0.1", 0)) as silent:
        shelves.endpoint = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(ActionFailed, match=r"from here: no answer within 1\.5 s"):
            in_bucket.show(shelves.place(ctx, "store"), entries=-1, timeout_s=1.5)


def test_a_file_that_is_not_what_was_backed_up_gets_no_place(shelves: Shelves, tmp_path: Path) -> None:
    label = shelves.put("content")
    ctx = FakeContext(INVENTORY)
    place = shelves.place(ctx, "store")
    (stored,) = place.listing().stored
    order = BringOrder(
        where=place.shelf,
        name=f"{label}/some",
        files={"/data": stored.entry.files[0].sha256},
        to=str(tmp_path / "here"),
    )
    assert bring(msgspec.json.encode(order).decode()) == 0
    assert (tmp_path / "here/data").read_text() == "content"
    assert bring(msgspec.json.encode(order).decode()) == 1, "its place is taken"
    stock = Stock(where=place.shelf, files={f"{label}/some/data": stored.entry.files[0]})
    file = Files(stock).one(f"{place.folder}/{label}/some/data")
    with file.open("rb") as opened:
        assert opened.read(3) + opened.read() == b"content"
    shelves.store.client.put_object(Bucket="backups", Key=shelves.key(f"{label}/some/data"), Body=b"CONTENT")
    other = msgspec.structs.replace(order, to=str(tmp_path / "there"))
    assert bring(msgspec.json.encode(other).decode()) == 1
    with file.open("rb") as opened, pytest.raises(StorageTrouble, match="is not what was backed up"):
        opened.read()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["here"], "nothing half-made is left"

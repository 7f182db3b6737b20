"""Copies in a second place, a folder or a bucket: they are proven, none is removed, and an emptied source is told."""

from __future__ import annotations

import io
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr, redirect_stdout
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from actions.backups.marks import Mark
from actions.backups.offsite import drills as drills_program
from actions.backups.offsite import fetch as fetch_program
from actions.backups.offsite import sync as sync_program
from actions.backups.offsite.drills import Drilled
from actions.backups.offsite.findings import covered_until, offsite_findings
from actions.backups.offsite.index import CopiedBackup
from actions.backups.offsite.look import Seen, look
from actions.backups.offsite.order import Order
from actions.backups.repository.entry import Entry
from actions.backups.repository.remove import main as remove_backups
from actions.backups.repository.writing import staged
from actions.backups.storage.places import open_storage
from actions.backups.storage.storage import Where
from journal.events.types import Finding
from tests.actions.backups.storage.buckets import Emulated, emulated
from tests.journal.store.disks import small_disk

_MAINS = {"sync": sync_program.main, "fetch": fetch_program.main}
pytestmark = pytest.mark.xdist_group("moto")


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulated]:
    with emulated(tmp_path_factory.mktemp("store")) as found:
        yield found


class Site:
    """A repository and its second place."""

    def __init__(self, folder: Path, where: Where, client: Any = None) -> None:
        self.where, self.client = where, client
        self.repository = folder / "repository"
        self.repository.mkdir()
        self.backups: dict[str, Entry] = {}
        self.bytes: dict[str, int] = {}

    def take(self, text: str, kind: str = "full") -> str:
        with staged(self.repository, "shop", kind) as backup:
            (backup.folder / "data").write_text(text)
            entry = backup.finish("toy", consistent_at=datetime.now(UTC))
        self.backups[entry.id] = entry
        self.bytes[entry.id] = sum(path.stat().st_size for path in (self.repository / "shop" / entry.id).iterdir())
        return entry.id

    def order(self, **more: Any) -> Order:
        listed = {
            id_: CopiedBackup(kind=one.kind, ended_at=one.ended_at, shows=one.consistent_at or one.started_at)
            for id_, one in self.backups.items()
        }
        found = Order(
            system="shop",
            type="toy",
            here=Where(place=str(self.repository / "shop")),
            where=self.where,
            proof="{label}/entry.json",
            heads=("*/entry.json", "list.info"),
            skip=(".incomplete-*", ".lock"),
            backups=listed,
        )
        return msgspec.structs.replace(found, **more)

    def do(self, verb: str, order: Order) -> dict[str, Any]:
        """Run a program's function, and return what it printed last; its words where it failed."""
        out, err = io.StringIO(), io.StringIO()
        with redirect_stdout(out), redirect_stderr(err):
            failed = _MAINS[verb](msgspec.json.encode(order).decode())
        return {"failed": err.getvalue().strip()} if failed else json.loads(out.getvalue().splitlines()[-1])

    def remove(self, *names: str) -> None:
        """Do what the owner of the second place may do."""
        bucket, _, prefix = self.where.place.removeprefix("s3://").partition("/")
        for name in names:
            if self.where.endpoint:
                self.client.delete_object(Bucket=bucket, Key=f"{prefix}/{name}")
            else:
                Path(self.where.place, name).unlink()

    def sync(self, **more: Any) -> dict[str, Any]:
        return self.do("sync", self.order(**more))

    def look(self, *, full: bool = False) -> Seen:
        return look(self.order(full=full))


@pytest.fixture(params=["folder", "bucket"])
def site(request: pytest.FixtureRequest, store: Emulated, tmp_path: Path) -> Site:
    (tmp_path / "away").mkdir()
    bucket = store.where(f"s3://backups/{tmp_path.name}")
    where = bucket if request.param == "bucket" else Where(place=str(tmp_path / "away"))
    return Site(tmp_path, where, store.client)


def _told(seen: Seen) -> list[Finding]:
    """Return what a person must see to."""
    return [one for one in offsite_findings(seen, "dr") if one.severity != "note"]


def _change(site: Site) -> Callable[[str, bytes], None]:
    return open_storage(site.where).put_bytes


def test_what_restores_from_there_came_to_is_known_there(site: Site) -> None:
    first = site.take("one")
    site.sync()
    for number in range(25):
        mark = Mark(at=datetime.now(UTC), ok=number < 24, by=f"INC-{number}", seconds=float(number))
        drilled = msgspec.json.encode(Drilled(label=first, mark=mark)).decode()
        with redirect_stdout(io.StringIO()):
            assert drills_program.main(msgspec.json.encode(site.order()).decode(), drilled) == 0
    seen = site.look()
    assert [each.mark.by for each in seen.drills] == [f"INC-{number}" for number in range(5, 25)]
    assert seen.restored and not seen.restored.mark.ok
    assert seen.measured and (seen.measured.label, seen.measured.mark.seconds) == (first, 23.0)
    assert not seen.damage and _told(seen) == []


def test_what_was_copied_is_there_and_comes_back(site: Site) -> None:
    assert covered_until(site.look()) is None
    assert "nothing was ever copied there whole" in offsite_findings(site.look(), "dr")[0].text
    first = site.take("one")
    (site.repository / "shop" / ".incomplete-20261129-000000F").mkdir()
    (site.repository / "shop" / ".incomplete-20261129-000000F" / "half").write_text("half")
    assert site.sync() == {"copied": 2, "bytes": site.bytes[first], "kept": 0, "mended": 0, "backups": 1}
    second = site.take("two")
    again = site.sync()
    assert (again["copied"], again["kept"], again["backups"]) == (2, 2, 2)
    seen = site.look(full=True)
    assert list(seen.backups) == [first, second] and not seen.damage and seen.full and seen.files == 4
    assert covered_until(seen) == site.backups[second].consistent_at
    assert _told(seen) == []

    shutil.rmtree(site.repository / "shop")
    only = site.order(only=[f"{second}/"])
    done = site.do("fetch", only)
    assert done.pop("seconds") >= 0
    assert done == {"fetched": 2, "kept": 0, "bytes": site.bytes[second]}
    assert (site.repository / "shop" / second / "data").read_text() == "two"
    assert site.do("fetch", site.order())["fetched"] == 2
    assert site.sync()["copied"] == 0, "what was brought back is known for what was copied"
    (site.repository / "shop" / first / "data").touch()
    assert (site.sync()["copied"], site.sync()["kept"]) == (0, 4), "another time is no other content"
    (site.repository / "shop" / first / "data").write_text("mine")
    assert "is here with another content than was copied; it is left" in site.do("fetch", site.order())["failed"]


def test_what_tells_of_others_is_of_its_own_place(site: Site) -> None:
    site.take("one")
    tells = site.repository / "shop" / "list.info"
    tells.write_text("one")
    assert site.sync()["copied"] == 3
    tells.write_text("one, two")
    assert site.sync()["copied"] == 1 and not site.look(full=True).damage
    tells.write_text("one, two, three")
    assert site.do("fetch", site.order())["kept"] == 3
    assert tells.read_text() == "one, two, three"


def test_a_source_that_has_less_is_an_error_and_no_sync(site: Site) -> None:
    old, new = site.take("old"), site.take("new")
    site.sync()
    before = dict(open_storage(site.where).sizes(""))

    shutil.rmtree(site.repository / "shop" / old)
    catalogue = site.order()
    assert f"has no file of {old}, which the catalogue lists" in site.do("sync", catalogue)["failed"]
    del site.backups[old]
    assert site.sync()["kept"] == 2, "what retention took here stays there"
    assert sorted(site.look().backups) == [old, new] and len(open_storage(site.where).sizes("shop/")) == 4

    (site.repository / "shop" / new / "data").unlink()
    assert "data is missing, or has another size than its entry says. Nothing was copied" in site.sync()["failed"]
    shutil.rmtree(site.repository / "shop" / new)
    del site.backups[new]
    assert f"nothing of the newest backup that was copied before ({new}, ended" in site.sync()["failed"]
    other = site.take("of another life", "incremental")
    assert "It was emptied, or is another one" in site.sync()["failed"]
    shutil.rmtree(site.repository / "shop")
    assert "There is no folder" in site.sync()["failed"]
    after = dict(open_storage(site.where).sizes(""))
    assert {name: size for name, size in after.items() if name in before and not name.endswith("offsite.json")} == {
        name: size for name, size in before.items() if not name.endswith("offsite.json")
    }
    assert not any(other in name for name in after)


def test_retention_here_is_no_loss(site: Site) -> None:
    old = site.take("old")
    site.sync()
    new = site.take("new", "incremental")
    assert remove_backups(str(site.repository / "shop"), [old]) == 0
    del site.backups[old]
    assert site.sync()["backups"] == 1
    seen = site.look(full=True)
    assert sorted(seen.backups) == [old, new] and not seen.damage, "nothing is removed there"
    assert "It was emptied" in site.sync(backups={})["failed"], "retention never takes all of them"
    forgetful = {"remembers": False}
    assert "knows nothing of any backup that was copied before" in site.sync(backups={}, **forgetful)["failed"]
    assert site.sync(**forgetful)["backups"] == 1
    site.remove(f"shop/{old}/data", f"shop/{old}/entry.json")
    assert old in site.look().broken
    site.sync()
    assert list(site.look().backups) == [new] and not site.look().damage, "its owner took it away"


def test_what_is_damaged_is_found_on_either_side(site: Site) -> None:
    first, second = site.take("one"), site.take("two")
    site.sync()
    change = _change(site)
    change(f"shop/{first}/data", b"On")
    change(f"shop/{second}/data", b"Two")
    quick, full = site.look(), site.look(full=True)
    assert quick.broken == {first: "has 2 bytes, and had 3"}
    assert full.broken == {first: "has 2 bytes, and had 3", second: "has another content than was copied"}
    assert offsite_findings(full, "dr")[0].severity == "wrong" and covered_until(full) is None
    elsewhere = site.order(here=Where(place=f"{site.repository}/new"))
    assert "has another content than was copied" in site.do("fetch", elsewhere)["failed"]
    assert not list((site.repository / "new").rglob("data")), "nothing of it has its name"
    assert site.sync()["mended"] == 1
    assert site.sync(full=True)["mended"] == 1
    assert not site.look(full=True).damage

    third, fourth = site.take("three"), site.take("four")
    (site.repository / "shop" / third / "data").write_text("thr33")
    assert "it was damaged here, and its backup is not copied. All others were" in site.sync()["failed"]
    there = open_storage(site.where).sizes("shop/")
    assert f"shop/{fourth}/entry.json" in there and f"shop/{third}/entry.json" not in there


def test_what_somebody_else_put_there_is_left_alone(site: Site) -> None:
    first = site.take("one")
    _change(site)(f"shop/{first}/data", b"theirs")
    assert f"another file shop/{first}/data, which was not copied from here" in site.sync()["failed"]
    assert open_storage(site.where).read(f"shop/{first}/data") == b"theirs"
    _change(site)(f"shop/{first}/data", b"one")
    assert site.sync()["copied"] == 1, "the same content is as good as a copy"


def test_a_place_that_was_emptied_with_its_index_is_copied_anew_and_said(site: Site) -> None:
    first = site.take("one")
    assert "lost" not in site.sync()
    site.remove(*open_storage(site.where).sizes("shop/"), "shop.offsite.json")
    words = f"the second place has lost what it had: 2 files, the newest backup {first}, copied until"
    (wrong,) = _told(site.look())
    assert wrong.severity == "wrong" and wrong.text.startswith(words)
    did = site.sync()
    assert did["copied"] == 2 and did["lost"].startswith(words)
    (after,) = _told(site.look(full=True))
    assert after.severity == "warning" and after.text.startswith(words) and "copied anew from" in after.text
    assert "lost" not in site.sync(), "it is said in the line of the run that noticed it"
    elsewhere = msgspec.structs.replace(site.where, place=f"{site.where.place}-new")
    if not site.where.endpoint:
        Path(elsewhere.place).mkdir()
    assert "lost" not in site.sync(where=elsewhere), "a new place has lost nothing"


def test_a_lost_index_is_not_taken_for_an_empty_place(site: Site) -> None:
    first = site.take("one")
    site.sync()
    site.remove("shop.offsite.json")
    (wrong,) = _told(site.look())
    assert wrong.severity == "wrong" and "shop.offsite.json is missing there, and 2 files of shop are not" in wrong.text
    elsewhere = site.order(here=Where(place=f"{site.repository}/new"))
    assert "nobody can tell what was copied. Put back an earlier version" in site.do("fetch", elsewhere)["failed"]
    assert site.sync()["backups"] == 1, "the cure that was named"
    assert _told(site.look(full=True)) == []
    assert site.do("fetch", elsewhere)["fetched"] == 2
    assert (site.repository / "new" / first / "data").read_text() == "one"


def test_a_place_that_lets_nobody_in_is_told_and_keeps_what_it_has(store: Emulated, tmp_path: Path) -> None:
    site = Site(tmp_path, store.where("s3://backups/wrong"), store.client)
    site.take("one")
    gone = site.order(where=store.where("s3://gone/here"))
    with store.asking_for_credentials():
        assert "does not know the access key. Correct the file" in site.sync()["failed"]
    for verb in ("sync", "fetch"):
        assert "There is no bucket gone" in site.do(verb, gone)["failed"]
    assert dict(open_storage(site.where).sizes("")) == {}, "nothing was written"


def test_a_full_disk_takes_no_half_backup(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk") as disk:
        (away := tmp_path / "disk" / "away").mkdir()
        site = Site(tmp_path, Where(place=str(away)))
        first = site.take("one")
        site.sync()
        disk.fill()
        second = site.take("two" * 1_000_000)
        assert re.search(r"(No space left on device|File too large)\. Make room", site.sync()["failed"])
        assert list(site.look(full=True).backups) == [first] and not site.look(full=True).damage
        here = site.order(here=Where(place=str(tmp_path / "disk" / "back")))
        told = site.do("fetch", here)["failed"]
        assert re.search(r"back/\S+ cannot be written: (No space left on device|File too large)\. Make room", told)
        half = [path for path in (tmp_path / "disk").rglob("*") if path.name.startswith(".")]
        assert half == []
        disk.free()
        assert site.sync()["backups"] == 2 and site.do("fetch", here)["fetched"] == 4
        assert len((tmp_path / "disk" / "back" / second / "data").read_text()) == 3_000_000


def test_a_killed_sync_goes_on_where_it_was(tmp_path: Path) -> None:
    (tmp_path / "away").mkdir()
    site = Site(tmp_path, Where(place=str(tmp_path / "away")))
    first = site.take("one")
    argv = [sys.executable, "-c", _DIES, msgspec.json.encode(site.order()).decode()]
    assert subprocess.run(argv).returncode == -9
    assert (tmp_path / "away" / "shop" / first / "data").exists(), "it was written, and its end was not noted"
    assert not site.look().backups
    (site.repository / "shop" / first / "verified-20261129T000000.000000Z.json").write_text("{}")
    assert site.sync()["backups"] == 1
    assert not site.look(full=True).damage


_DIES = """
import os, sys
from contextlib import contextmanager
from actions.backups.storage import folder
from actions.backups.offsite import sync
new = folder.Folder.new
@contextmanager
def write_and_die(self, name):
    with new(self, name) as file:
        yield file
    if name.endswith("/data"):
        os.kill(os.getpid(), 9)
folder.Folder.new = write_and_die
sync.main(sys.argv[1])
"""


def test_whether_objects_are_locked_is_said(store: Emulated, tmp_path: Path) -> None:
    site = Site(tmp_path, store.where("s3://backups/here"))

    def note(place: str) -> str:
        (found,) = (one for one in offsite_findings(look(site.order(where=store.where(place))), "dr") if not one.cure)
        assert found.severity == "note"
        return found.text

    assert note("s3://backups/here").startswith("backups has no object lock")
    store.client.create_bucket(Bucket="locked", ObjectLockEnabledForBucket=True)
    assert "can lock objects, and has no default retention" in note("s3://locked/here")
    rule = {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 30}}
    lock = {"ObjectLockEnabled": "Enabled", "Rule": rule}
    store.client.put_object_lock_configuration(Bucket="locked", ObjectLockConfiguration=lock)
    assert "locked locks each object for 30 days (GOVERNANCE)" in note("s3://locked/here")


def test_lifecycle_rules_that_delete_are_found(store: Emulated, tmp_path: Path) -> None:
    site = Site(tmp_path, store.where("s3://backups/here"))
    assert not site.look().findings
    rules = [
        {"ID": "old", "Filter": {"Prefix": ""}, "Status": "Enabled", "Expiration": {"Days": 30}},
        {"ID": "else", "Filter": {"Prefix": "there/"}, "Status": "Enabled", "Expiration": {"Days": 1}},
        {"ID": "off", "Filter": {"Prefix": ""}, "Status": "Disabled", "Expiration": {"Days": 1}},
        {"ID": "versions", "Filter": {"Prefix": ""}, "Status": "Enabled"}
        | {"NoncurrentVersionExpiration": {"NoncurrentDays": 9}},
    ]
    store.client.put_bucket_lifecycle_configuration(Bucket="backups", LifecycleConfiguration={"Rules": rules})
    try:
        assert site.look().findings == ["a lifecycle rule of backups (old) deletes all after 30 days"]
        assert _told(site.look())[-1].severity == "warning"
    finally:
        store.client.delete_bucket_lifecycle(Bucket="backups")

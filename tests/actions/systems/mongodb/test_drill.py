"""The newest backup of a real mongod restored into one that nobody reaches: replayed, compared, measured, removed."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
from pathlib import Path
from typing import Any

import msgspec
import pytest

from actions.backups.take import take
from actions.backups.verify import verify
from actions.outcome import ActionFailed
from actions.systems.mongodb.backup_selection import choose_backups
from actions.systems.mongodb.drill import drill, drill_left, scratch_order
from actions.systems.mongodb.manifest import MANIFEST
from actions.systems.mongodb.restored_server import program_lines
from journal.incident.recovery_point import RecoveryPoint
from journal.incident.restore_time import RestoreTime
from tests.actions.systems.mongodb.mongo_lab import MongoLab
from tests.waiting import until

pytestmark = pytest.mark.xdist_group("mongodb-drill")


def left(mongo: MongoLab) -> list[str]:
    return [path.name for path in mongo.member.data_directory.parent.iterdir() if "drill" in path.name]


def folder(mongo: MongoLab, label: str) -> Path:
    return mongo.member.repository / mongo.service.instance.name / label


def mark(mongo: MongoLab, label: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(max(folder(mongo, label).glob("restored-*.json")).read_text())
    return found


def backup(mongo: MongoLab, kind: str) -> str:
    return str(mongo.context().do(take, kind=kind).facts["backup"])


def serving(place: str) -> list[int]:
    """The mongods that work in a drill's folder."""
    argv = {int(path.parent.name): path for path in Path("/proc").glob("[0-9]*/cmdline")}
    return [pid for pid, path in argv.items() if read(path).split("\0")[1:3] == ["--dbpath", f"{place}/data"]]


def read(path: Path) -> str:
    try:
        return path.read_text(errors="replace")
    except OSError:
        return ""


def loaded(place: str) -> bool:
    """Whether a drill's mongod has collections by now."""
    return len(list(Path(place, "data").glob("collection-*"))) > 3


def rewrite(backup: Path, collection: str, number: int) -> None:
    """Have a backup's manifest say another number of documents, and its entry another digest."""
    path, entry = backup / MANIFEST, json.loads((backup / "entry.json").read_text())
    manifest = json.loads(path.read_text())
    manifest["collections"][f"shop.{collection}"]["count"] = number
    path.write_text(json.dumps(manifest))
    file = next(each for each in entry["files"] if each["name"] == MANIFEST)
    file |= {"size": path.stat().st_size, "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}
    (backup / "entry.json").write_text(json.dumps(entry))


@pytest.fixture(scope="module")
def full(mongo: MongoLab) -> str:
    with mongo.session() as client:
        shop = client["shop"]
        shop.talks.insert_many([{"n": i, "user": i % 7} for i in range(500)])
        shop.talks.create_index("n", unique=True)
        shop.still.insert_many([{"n": i} for i in range(10)])
    return backup(mongo, "full")


def test_a_sound_backup_is_restored_replayed_compared_and_removed(mongo: MongoLab, full: str) -> None:
    with mongo.session() as client:
        client["shop"].talks.update_many({"user": 3}, {"$set": {"hot": True}})
        client["shop"].talks.create_index("user")
        client["shop"].late.insert_many([{"n": i} for i in range(25)])
        pid = client.admin.command("serverStatus")["pid"]
    slice_ = backup(mongo, "incremental")
    assert (
        mongo.context(dry_run=True).do(drill).summary == f"would restore backup {full}, verify it, and remove it again"
    )
    outcome = mongo.context().do(drill)
    assert outcome.ok, outcome
    assert f"Backup {full} was restored in" in outcome.summary
    entries = [json.loads((folder(mongo, label) / "entry.json").read_text()) for label in (full, slice_)]
    said = mark(mongo, full)
    assert said["ok"]
    assert said["seconds"] > 0 and said["facts"]["index_s"] > 0
    assert said["facts"]["bytes"] == sum(file["size"] for entry in entries for file in entry["files"])
    assert 0 <= said["facts"]["lost_s"] < 60
    last = RestoreTime.of(mongo.context().do(verify).facts)
    assert last and (last.label, last.seconds, last.drill) == (full, said["seconds"], True)
    with mongo.session() as client:
        assert client.admin.command("serverStatus")["pid"] == pid
        names = [name for name in client.list_database_names() if name not in ("admin", "config", "local")]
        indexes = sum(
            len(list(client[name][each["name"]].list_indexes())) - 1
            for name in names
            for each in client[name].list_collections(filter={"type": "collection"})
        )
        late = client["shop"].late.estimated_document_count()
    assert late == 25
    assert f"its {indexes} indexes built" in outcome.summary
    assert left(mongo) == []
    assert mongo.context().do(drill_left).ok


def test_killed_half_way_its_server_ends_and_the_next_removes_it(mongo: MongoLab, full: str) -> None:
    server = mongo.server()
    place = f"{mongo.member.data_directory}.drill"
    asked = scratch_order(server, choose_backups(server, RecoveryPoint(latest=True)), place)
    endless = folder(mongo, full).parent / "endless.bson"
    os.mkfifo(endless)
    words = msgspec.structs.replace(asked, order=msgspec.structs.replace(asked.order, oplog=[endless.name]))
    argv = program_lines(server, "actions.systems.mongodb.scratch", msgspec.json.encode(words).decode())
    with subprocess.Popen(argv, start_new_session=True) as killed:
        try:
            until(lambda: loaded(place))
            assert len(serving(place)) == 1
            assert not mongo.context().do(drill_left).ok
            with pytest.raises(ActionFailed, match="another drill is at work"):
                mongo.context().do(drill)
        finally:
            os.kill(killed.pid, signal.SIGKILL)
            endless.unlink()
    until(lambda: not serving(place))
    assert left(mongo) == [Path(place).name]
    assert mongo.context().do(drill).ok
    assert left(mongo) == []


def test_what_is_not_as_the_manifest_says_is_wrong(mongo: MongoLab, full: str) -> None:
    rewrite(folder(mongo, full), "still", 11)
    outcome = mongo.context().do(drill)
    rewrite(folder(mongo, full), "still", 10)
    assert not outcome.ok
    assert "WRONG, shop.still: 10 documents, and 11 by the backup" in outcome.summary
    assert not mark(mongo, full)["ok"]
    assert left(mongo) == []


def test_an_older_backup_is_drilled_where_the_newest_is_damaged_and_that_is_no_success(
    mongo: MongoLab, full: str
) -> None:
    newest = backup(mongo, "full")
    with next((folder(mongo, newest) / "dump" / "shop").glob("talks.bson*")).open("r+b") as file:
        file.seek(50)
        file.write(b"\xff")
    outcome = mongo.context().do(drill)
    assert not outcome.ok
    assert f"Backup {full} was restored in" in outcome.summary
    assert f"Newer ones cannot be used: {newest} is damaged" in outcome.summary
    assert (mark(mongo, full)["ok"], mark(mongo, newest)["ok"]) == (True, False)

"""A dump of a real mongod: of one moment, the same as the server says, or none."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import bson
import msgspec
import pytest

from actions.backups.repository.entry import INCOMPLETE, decode_entry
from actions.backups.repository.writing import staged
from actions.systems.mongodb.contents import Contents
from actions.systems.mongodb.dump_layout import read_dump
from actions.systems.mongodb.programs import dump as program
from actions.systems.mongodb.programs.definitions import read_definitions
from actions.systems.mongodb.programs.oplog_slice import copy_slice, read_slice
from actions.systems.mongodb.programs.request import Request, client_of
from actions.systems.mongodb.programs.snapshot_dump import dump_snapshot
from actions.systems.mongodb.programs.source import open_source
from tests.actions.systems.mongodb.backups.taking import (
    KINDS,
    NAME,
    fill_large,
    folder_of,
    manifest_of,
    request_of,
    take_one,
)
from tests.actions.systems.mongodb.mongo_lab import MongoLab
from tests.waiting import until

pytestmark = pytest.mark.xdist_group("mongodb-backups")


def test_a_dump_is_what_the_server_has(mongo: MongoLab, full: Path) -> None:
    """Every collection of every kind: count, digest, options, indexes, definition of views; users and roles, too."""
    manifest, dumped = manifest_of(full), {one.namespace: one for one in read_dump(full / "dump")}
    assert set(dumped) == set(manifest.collections)
    assert {"admin.system.users", "admin.system.roles", f"{KINDS}.a view", "cleoai.conversations"} <= set(dumped)
    with mongo.session() as client:
        digests = client[KINDS].command("dbHash")["collections"]
        for name in ("plain", "capped", "clustered", "series"):
            state, one = manifest.collections[f"{KINDS}.{name}"], dumped[f"{KINDS}.{name}"]
            assert state.md5 == digests[one.into], f"{name}: what dbHash says of it"
            assert [dict(each) for each in client[KINDS][name].list_indexes()] == [dict(each) for each in one.indexes]
        for listed in client[KINDS].list_collections(filter={"name": {"$not": {"$regex": "^system"}}}):
            assert dumped[f"{KINDS}.{listed['name']}"].options == listed["options"]
        users = bson.decode_all((full / "dump/admin/system.users.bson").read_bytes())
        assert {"reader", "cleo", "cleo_app"} <= {user["user"] for user in users}
    assert manifest.version == "6.0.5"
    assert manifest.fcv == "6.0"
    assert manifest.heartbeat, "the newest heartbeat tells what the dump holds"


def test_a_dump_is_of_one_moment(mongo: MongoLab) -> None:
    """Each round writes to two collections, in two steps: at no moment did one have two more than the other."""
    with mongo.session() as client, _writing(client) as rounds:
        until(lambda: rounds)
        folder = folder_of(mongo, take_one(mongo, "full"))
        written = len(rounds)
        until(lambda: len(rounds) > written)
    manifest = manifest_of(folder)
    first, second = (manifest.collections[f"moment.{name}"] for name in ("first", "second"))
    assert first.count - second.count in (0, 1)
    assert manifest.read_at
    assert decode_entry((folder / "entry.json").read_bytes(), "").covers


def test_a_collection_that_goes_meanwhile_is_not_dumped_as_empty(mongo: MongoLab, tmp_path: Path) -> None:
    """It would read as empty at the moment of the others: the dump begins anew."""
    (tmp_path / "request").write_bytes(msgspec.json.encode(_into(mongo, tmp_path)))
    with mongo.session() as client:
        client.goes.away.insert_one({"n": 1})
        fill_large(client)
        process = subprocess.Popen(
            [sys.executable, "-m", program.__name__, str(tmp_path / "request")], stdout=subprocess.PIPE, text=True
        )
        until(lambda: list(tmp_path.glob(f"{NAME}/{INCOMPLETE}*/dump/large/*.bson")))
        client.goes.away.drop()
        said = [json.loads(line) for line in process.communicate()[0].splitlines()]
        client.drop_database("large")
    assert {"again": ["goes.away"]} in said
    folder = tmp_path / NAME / next(one["backup"] for one in said if "backup" in one)
    assert "goes.away" not in manifest_of(folder).collections


def test_what_was_made_just_before_is_in_the_dump(mongo: MongoLab, tmp_path: Path) -> None:
    """The slice begins with the entry that the dump was read at: what that did is no change meanwhile."""
    client = client_of(request_of(mongo))
    try:
        source = open_source(client, request_of(mongo))
        client.fresh.create_collection("made")
        client.fresh.made.insert_one({"n": 1})
        made, inserted = (
            client.local["oplog.rs"].find_one(which)["ts"]
            for which in ({"op": "c", "o.create": "made"}, {"op": "i", "ns": "fresh.made"})
        )
        source.await_majority(inserted)
        slice_ = copy_slice(source, (tmp_path / "oplog.bson").open("wb"), made, inserted)
    finally:
        client.drop_database("fresh")
        client.close()
    assert "fresh.made" not in slice_.defined
    assert slice_.changed["fresh.made"] == 1
    assert read_slice(tmp_path / "oplog.bson") == slice_


def test_what_is_read_too_late_is_named(mongo: MongoLab, tmp_path: Path) -> None:
    """The server forgets moments: what has its turn later is read as it is then, and so says the manifest."""
    client = client_of(request_of(mongo))
    history = {"minSnapshotHistoryWindowInSeconds": 300}
    try:
        source = open_source(client, request_of(mongo))
        at = client.local["oplog.rs"].find_one({"op": "i", "ns": f"{KINDS}.plain"})["ts"]
        client.admin.command("setParameter", 1, minSnapshotHistoryWindowInSeconds=0)
        client.late.changed.insert_one({})
        found = read_definitions(client, "here")
        with staged(tmp_path, "late", "full") as backup:
            new = dump_snapshot(source, request_of(mongo), backup, at, found)
    finally:
        client.admin.command("setParameter", 1, **history)
        client.close()
    assert {"late.changed", f"{KINDS}.plain"} <= set(new.later)
    assert "admin.system.version" not in new.later, "it did not change since"
    assert new.states[f"{KINDS}.plain"].count == 300


@pytest.mark.parametrize("room", [1, 200_000], ids=["at once", "half way"])
def test_a_full_disk_is_named(mongo: MongoLab, tmp_path: Path, room: int) -> None:
    """It is said before the dump where it can be seen, else when it happens; nothing of it is left."""
    asked = _into(mongo, tmp_path)
    limit = f"import resource; resource.setrlimit(resource.RLIMIT_FSIZE, ({room}, {room}))"
    (tmp_path / "request").write_bytes(msgspec.json.encode(asked))
    run = f"{limit}; from {program.__name__} import main; raise SystemExit(main(['{tmp_path / 'request'}']))"
    done = subprocess.run([sys.executable, "-c", run], capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stderr
    assert "could not be written" in json.loads(done.stdout.splitlines()[-1])["failed"]
    assert [each.name for each in (tmp_path / NAME).iterdir()] == [".lock"]


def test_mongodump_is_taken_where_it_is(mongo: MongoLab, tmp_path: Path) -> None:
    """Its dump gets a manifest like ours, and the password by its standard input; where it fails, we dump ourselves."""
    tool = tmp_path / "mongodump"
    tool.write_text(f'#!/bin/sh\nexec {sys.executable} {Path(__file__).with_name("stand_in_mongodump.py")} "$@"\n')
    tool.chmod(0o755)
    by_tool = program.take(msgspec.structs.replace(request_of(mongo), tool=str(tool)))
    tool.write_text("#!/bin/sh\necho 'cannot do it' >&2; exit 1\n")
    ourselves = program.take(msgspec.structs.replace(request_of(mongo), tool=str(tool)))
    assert (by_tool.facts["tool"], ourselves.facts["tool"]) == ("mongodump", "")
    tools, ours = (manifest_of(mongo.member.repository / NAME / one.id) for one in (by_tool, ourselves))
    assert set(tools.collections) == set(ours.collections)
    for name in ("plain", "clustered", "series", "a view"):
        one, other = (each.collections[f"{KINDS}.{name}"] for each in (tools, ours))
        assert (one.count, one.size, one.definition) == (other.count, other.size, other.definition)
    path = mongo.member.repository / NAME / ourselves.id / "dump" / KINDS / "plain.bson"
    backwards = Contents(in_order=False)
    for document in reversed(bson.decode_all(path.read_bytes())):
        backwards.add(bson.encode(document))
    assert tools.collections[f"{KINDS}.plain"].digest == backwards.digest, "in whichever order they are read"


@contextmanager
def _writing(client: Any) -> Iterator[list[int]]:
    """Write to two collections, one after the other, again and again; the list grows with each round."""
    rounds, ended = list[int](), threading.Event()
    client.moment.first.insert_one({})
    client.moment.second.insert_one({})

    def write() -> None:
        while not ended.is_set():
            client.moment.first.insert_one({})
            client.moment.second.insert_one({})
            rounds.append(1)

    thread = threading.Thread(target=write)
    thread.start()
    try:
        yield rounds
    finally:
        ended.set()
        thread.join()


def _into(mongo: MongoLab, repository: Path) -> Request:
    return msgspec.structs.replace(request_of(mongo), repository=str(repository))

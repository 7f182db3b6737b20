"""Backups of a real mongod: of one moment, compared with what the server says, followed by its oplog without a gap."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import bson
import msgspec
import pytest

from actions.backups.engine import BackupSet
from actions.backups.repository.entry import ENTRY, INCOMPLETE, decode_entry
from actions.backups.take import take
from actions.outcome import ActionFailed
from actions.systems.mongodb.backup_chain import order
from actions.systems.mongodb.backups.engine import ENGINE
from actions.systems.mongodb.backups.take import request_for
from actions.systems.mongodb.contents import Contents
from actions.systems.mongodb.dump_layout import read_dump
from actions.systems.mongodb.manifest import MANIFEST, Manifest, decode_manifest
from actions.systems.mongodb.programs import dump as program
from actions.systems.mongodb.programs.request import Request
from cleo_console.lab.mongodb import server
from journal.errors import CleoError
from journal.events.measured import Measured
from tests.actions.systems.mongodb.mongo_lab import MongoLab
from tests.waiting import until

pytestmark = pytest.mark.xdist_group("mongodb-backups")

NAME = "mongodb"
KINDS = "every_kind"
"""A database of this module with a collection of every kind."""


@pytest.fixture(scope="module", autouse=True)
def every_kind(mongo: MongoLab) -> None:
    """Collections, indexes, a view, a time series and users with every option that a restore must bring back."""
    with mongo.session() as client:
        made = client[KINDS]
        made.create_collection("plain", collation={"locale": "de", "strength": 2}, validator={"a": {"$regex": "^x"}})
        made.plain.insert_many([{"a": f"x{number}"} for number in range(300)])
        made.plain.create_index("a", unique=True, partialFilterExpression={"b": {"$gt": 1.5}})
        made.create_collection("capped", capped=True, size=65536, max=40)
        made.capped.insert_many([{"n": number} for number in range(60)])
        made.create_collection("clustered", clusteredIndex={"key": {"_id": 1}, "unique": True})
        made.clustered.insert_many([{"_id": number} for number in (3, 1, 2)])
        made.create_collection("series", timeseries={"timeField": "t", "metaField": "m"})
        made.series.insert_many([{"t": bson.ObjectId().generation_time, "m": number % 3} for number in range(50)])
        made.create_collection("a view", viewOn="plain", pipeline=[{"$match": {"a": {"$regex": "^x1"}}}])
        made.command("createUser", "reader", pwd="only-for-this-test", roles=["read"])


@pytest.fixture
def full(mongo: MongoLab) -> Path:
    """The folder of a new full backup."""
    return _folder(mongo, _take(mongo, "full"))


def test_a_lab_begins_with_a_backup(mongo: MongoLab) -> None:
    """Taken as it is made, and others follow by schedule."""
    status = mongo.service.status()
    assert status.facts["last_backup"]["type"] == "full"
    assert status.pids["schedule"]
    assert status.whole


def test_a_dump_is_what_the_server_has(mongo: MongoLab, full: Path) -> None:
    """Every collection of every kind: count, digest, options, indexes, definition of views; users and roles, too."""
    manifest, dumped = _manifest(full), {one.namespace: one for one in read_dump(full / "dump")}
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
        folder = _folder(mongo, _take(mongo, "full"))
        written = len(rounds)
        until(lambda: len(rounds) > written)
    manifest = _manifest(folder)
    first, second = (manifest.collections[f"moment.{name}"] for name in ("first", "second"))
    assert first.count - second.count in (0, 1)
    assert manifest.read_at
    assert decode_entry((folder / "entry.json").read_bytes(), "").covers


def test_the_oplog_goes_on_where_the_backups_end(mongo: MongoLab, full: Path) -> None:
    """An incremental backup begins with the entry that the one before ends with, and has all that came since."""
    with mongo.session() as client:
        client.moment.since.insert_many([{"n": number} for number in range(20)])
    slices = [_folder(mongo, _take(mongo, "incremental")) for _ in range(2)]
    ends = [_covers(folder) for folder in (full, *slices)]
    assert order(ends[1][0]) <= order(ends[0][1]), "also what came between two full backups is saved"
    assert ends[2][0] == ends[1][1]
    entries = bson.decode_all((slices[0] / "dump/oplog.bson").read_bytes())
    inserted = [one for entry in entries for one in _inserted(entry, "moment.since")]
    assert [each["n"] for each in inserted] == list(range(20))
    listed = ENGINE.list(mongo.context(), NAME)
    assert not [one for one in listed.sets if one.unusable]
    assert listed.reach["oplog"][1] == ends[2][1]
    assert listed.archived_until


def test_what_is_not_saved_yet_is_measured(mongo: MongoLab) -> None:
    """Health says what would be lost with the server, and nothing where its oplog does not go on from the backups."""
    newest = _folder(mongo, _take(mongo, "incremental"))
    measured = Measured.of(mongo.health().facts)
    assert measured.archived_until == decode_entry((newest / ENTRY).read_bytes(), "").consistent_at
    assert measured.exposure_s is not None
    assert measured.exposure_s < 60
    text = (newest / ENTRY).read_text()
    (newest / ENTRY).write_text(text.replace(_covers(newest)[1], "1600000000:1"))
    other = mongo.health()
    (newest / ENTRY).write_text(text)
    assert Measured.of(other.facts).exposure_s is None
    assert "does not reach back to its newest backup" in other.detail


def test_a_gap_is_named_and_no_backup(mongo: MongoLab, full: Path) -> None:
    """Where the server's oplog does not have the backups' last entry, nothing is silently left out."""
    entry = json.loads((full / "entry.json").read_text())
    earlier = [folder for folder in _folders(mongo) if folder != full]
    for folder in earlier:
        folder.rename(folder.with_name(f"away-{folder.name}"))
    try:
        entry["facts"]["last_entry"] = "0" * 64
        (full / "entry.json").write_text(json.dumps(entry))
        with pytest.raises(ActionFailed, match="another history") as failed:
            _take(mongo, "incremental")
        entry["covers"]["to"] = entry["covers"]["from"] = "1600000000:1"
        (full / "entry.json").write_text(json.dumps(entry))
        with pytest.raises(ActionFailed, match="There is a gap"):
            _take(mongo, "incremental")
    finally:
        for folder in earlier:
            folder.with_name(f"away-{folder.name}").rename(folder)
    assert failed.value.cures[0].params == {"kind": "full"}
    assert [each.name for each in _folders(mongo) if each.name.endswith("I") and each not in earlier] == []


def test_nothing_half_written_is_a_backup(mongo: MongoLab) -> None:
    """Killed half way: what is left is named, is no backup, and is removed by the next one."""
    before = [one.label for one in ENGINE.list(mongo.context(), NAME).sets]
    with mongo.session() as client:
        client.large.documents.insert_many([{"text": "x" * 100_000} for _ in range(300)])
    process = subprocess.Popen(_argv(mongo), stdout=subprocess.DEVNULL)
    shelf = mongo.member.repository / NAME
    try:
        until(lambda: list(shelf.glob(f"{INCOMPLETE}*/dump/large/*.bson")))
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
    with mongo.session() as client:
        client.drop_database("large")
    listed = ENGINE.list(mongo.context(), NAME)
    assert [one.label for one in listed.sets] == before
    assert [finding for finding in listed.findings if "no whole backup" in finding.text]
    _take(mongo, "full")
    assert not list(shelf.glob(f"{INCOMPLETE}*"))


@pytest.mark.parametrize("room", [1, 200_000], ids=["at once", "half way"])
def test_a_full_disk_is_named(mongo: MongoLab, tmp_path: Path, room: int) -> None:
    """It is said before the dump where it can be seen, else when it happens; nothing of it is left."""
    asked = msgspec.structs.replace(_request(mongo), repository=str(tmp_path))
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
    by_tool = program.take(msgspec.structs.replace(_request(mongo), tool=str(tool)))
    tool.write_text("#!/bin/sh\necho 'cannot do it' >&2; exit 1\n")
    ourselves = program.take(msgspec.structs.replace(_request(mongo), tool=str(tool)))
    assert (by_tool.facts["tool"], ourselves.facts["tool"]) == ("mongodump", "")
    tools, ours = (_manifest(mongo.member.repository / NAME / one.id) for one in (by_tool, ourselves))
    assert set(tools.collections) == set(ours.collections)
    for name in ("plain", "clustered", "series", "a view"):
        one, other = (each.collections[f"{KINDS}.{name}"] for each in (tools, ours))
        assert (one.count, one.size, one.definition) == (other.count, other.size, other.definition)
    path = mongo.member.repository / NAME / ourselves.id / "dump" / KINDS / "plain.bson"
    backwards = Contents(in_order=False)
    for document in reversed(bson.decode_all(path.read_bytes())):
        backwards.add(bson.encode(document))
    assert tools.collections[f"{KINDS}.plain"].digest == backwards.digest, "in whichever order they are read"


def test_a_flipped_byte_is_found(mongo: MongoLab) -> None:
    """Every file is read to its end."""
    damaged = mongo.break_("damage-newest-backup")
    checked = ENGINE.verify(mongo.context(), NAME)
    assert checked.damaged == [damaged["label"]]
    assert "content was changed" in checked.findings[0].text
    assert damaged["previous"] in checked.sound


def test_what_is_cut_or_gone_is_seen_at_once(mongo: MongoLab) -> None:
    """Nothing is restored from a dump that was cut, and what is behind a lost slice is not said to be reached."""
    _take(mongo, "full")
    cut, lost = mongo.break_("truncate-newest-backup"), mongo.break_("lose-oplog-slice")
    listed = ENGINE.list(mongo.context(), NAME)
    unusable = {one.label: one.unusable for one in listed.sets if one.unusable}
    assert "another size" in unusable[cut["label"]]
    assert unusable[lost["after"]] == "follows no full backup without a gap in the oplog"
    assert lost["before"] not in unusable, "the dump before the damaged one leads to it"
    assert any(lost["after"] in finding.text and "nothing was saved" in finding.text for finding in listed.findings)
    assert listed.reach["oplog"][1] == _covers(mongo.member.repository / NAME / lost["before"])[1]


def test_the_password_is_nowhere(mongo: MongoLab) -> None:
    """Neither in a command line nor in what is printed, nor in a file that is left."""
    secret = mongo.member.password_file("cleo").read_text().strip()
    before = set(Path("/tmp").glob("tmp.*"))
    ctx = mongo.context()
    done = take.function(ctx, kind="full")
    assert done.ok
    assert secret not in "\n".join(ctx.lines)
    assert secret not in "\n".join(word for each in ctx.programs.values() for word in each.argv)
    assert not [
        path for path in set(Path("/tmp").glob("tmp.*")) - before if path.is_file() and secret in path.read_text()
    ]


def test_a_dry_run_changes_nothing(mongo: MongoLab) -> None:
    """It says what it would do."""
    before = _folders(mongo)
    ctx = mongo.context(dry_run=True)
    assert take.function(ctx, kind="full").summary == "would take a full backup"
    assert _folders(mongo) == before


def test_what_shows_less_than_was_acknowledged_is_not_dumped(mongo: MongoLab) -> None:
    """A member that runs outside of its set, and a server that does not run."""
    server.stop(mongo.member)
    until(lambda: _refuses(mongo.member.port))
    with pytest.raises(CleoError, match="refused"):
        _take(mongo, "full")
    text = mongo.member.config_file.read_text()
    alone = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith(("repl", "oplogSize")))
    mongo.member.config_file.write_text(alone)
    try:
        server.start(mongo.member)
        with pytest.raises(CleoError, match="belongs to the replica set rs0 and runs outside of it"):
            _take(mongo, "full")
    finally:
        server.stop(mongo.member)
        mongo.member.config_file.write_text(text)
        server.start(mongo.member)
        server.wait_until_primary(mongo.member)


def _refuses(port: int) -> bool:
    with socket.socket() as tried:
        return tried.connect_ex(("127.0.0.1", port)) != 0


def _take(mongo: MongoLab, kind: str) -> BackupSet:
    taken = ENGINE.take(mongo.context(), NAME, kind, {}).set
    assert taken
    return taken


def _folders(mongo: MongoLab) -> list[Path]:
    return sorted(path for path in (mongo.member.repository / NAME).glob("*") if path.name[0].isdigit())


def _folder(mongo: MongoLab, taken: BackupSet) -> Path:
    return mongo.member.repository / NAME / taken.label


def _manifest(folder: Path) -> Manifest:
    return decode_manifest((folder / MANIFEST).read_bytes(), MANIFEST)


def _covers(folder: Path) -> tuple[str, str]:
    covers = decode_entry((folder / "entry.json").read_bytes(), "").covers
    assert covers
    return covers.from_, covers.to


def _inserted(entry: Mapping[str, Any], namespace: str) -> Iterator[Mapping[str, Any]]:
    inner = entry["o"].get("applyOps", [entry]) if entry["op"] == "c" else [entry]
    yield from (each["o"] for each in inner if each["op"] == "i" and each["ns"] == namespace)


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


def _request(mongo: MongoLab) -> Request:
    server_, place = mongo.server(), ENGINE.place(mongo.context(), NAME)  # type: ignore[attr-defined]
    return request_for(server_, place, "full", place.listing())


def _argv(mongo: MongoLab) -> list[str]:
    """Return a command line that takes a full backup, by a request with the password's file."""
    path = mongo.member.directory / "run" / "request"
    asked = msgspec.structs.replace(_request(mongo), password="", password_file=str(mongo.member.password_file("cleo")))
    path.write_bytes(msgspec.json.encode(asked))
    path.chmod(0o600)
    return [sys.executable, "-m", program.__name__, str(path)]

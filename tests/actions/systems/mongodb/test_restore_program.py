"""What a real server held is dumped, restored, replayed: documents, definitions, views, indexes, users are the same."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from bson import BSON, Int64, Timestamp
from bson.raw_bson import RawBSONDocument

from actions.systems.mongodb.oplog_position import format_position
from actions.systems.mongodb.programs.dump import take
from actions.systems.mongodb.programs.private_server import PrivateServer, private_server
from actions.systems.mongodb.programs.request import Request
from actions.systems.mongodb.programs.restore import SAYS, Order, Restored
from actions.systems.mongodb.programs.wanted_indexes import decode
from cleo_console.lab.mongodb.cluster import CONSOLE
from tests.actions.systems.mongodb.mongo_lab import MongoLab

pytestmark = pytest.mark.xdist_group("mongodb-restore-program")

SHOP = "shop"
OPTIONS = ("--wiredTigerCacheSizeGB", "0.25")


class Dumped:
    """A dump of the lab's server, with the oplog of what was done behind it."""

    def __init__(self, mongo: MongoLab, folder: Path) -> None:
        self.mongod, self.folder = str(mongo.member.mongod), folder
        request = Request(
            repository=str(folder),
            system="mongodb",
            port=mongo.member.port,
            user=CONSOLE,
            password=mongo.member.password_file(CONSOLE).read_text().strip(),
        )
        with mongo.session() as client:
            _fill(client)
            self.entry = take(request)
            _change(client)
            self.slice = folder / "slice.bson"
            self.entries = _copy_oplog(client, self.slice, self.entry.covers.to if self.entry.covers else "")
            self.wanted = described(client)

    def order(self, to: Path, *more: Path, **changes: Any) -> Order:
        """Return an order to restore it, with further files of oplog."""
        dump = self.folder / "mongodb" / self.entry.id / "dump"
        return Order(
            mongod=self.mongod,
            data=str(to / "db"),
            log=str(to / "mongod.log"),
            dump=str(dump),
            indexes=str(to / "indexes.json"),
            options=OPTIONS,
            oplog=[str(dump / "oplog.bson"), *map(str, more)],
            consistent_at=str(self.entry.facts["read_at"]),
            fcv=str(self.entry.server["fcv"]),
            **changes,
        )

    def server(self, order: Order) -> Any:
        """Run what was restored."""
        return private_server(self.mongod, Path(order.data), Path(order.log), OPTIONS)


@pytest.fixture(scope="module")
def dumped(mongo: MongoLab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dumped]:
    folder = tmp_path_factory.mktemp("repository")
    (folder / "mongodb").mkdir()
    yield Dumped(mongo, folder)


def run(order: Order, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run the program as an action does."""
    path = folder / "order.json"
    path.write_bytes(msgspec.json.encode(order))
    argv = [sys.executable, "-m", "actions.systems.mongodb.programs.restore", str(path)]
    return subprocess.run(argv, capture_output=True, text=True, timeout=120)


def restored(order: Order, folder: Path) -> Restored:
    """Run it, and return what it says came of it."""
    done = run(order, folder)
    assert done.returncode == 0, done.stderr
    return msgspec.json.decode(done.stdout.splitlines()[-1].removeprefix(SAYS), type=Restored)


def build_indexes(server: PrivateServer, order: Order) -> None:
    """Build what the program says is to be built."""
    wanted = decode(Path(order.indexes).read_text())
    with server.client() as client:
        for namespace in wanted.namespaces():
            database, _, collection = namespace.partition(".")
            client[database].command({"createIndexes": collection, "indexes": wanted.of(namespace)})


def described(client: Any) -> dict[str, Any]:
    """Everything by which two servers are the same: hashes, types, options, view pipelines, indexes, users."""
    found: dict[str, Any] = {}
    for database in (SHOP, "third"):
        found[database] = client[database].command("dbHash")["collections"]
        for one in client[database].list_collections():
            indexes = (
                [repr(dict(each)) for each in client[database][one["name"]].list_indexes()] if "idIndex" in one else []
            )
            found[f"{database}.{one['name']}"] = (one["type"], repr(one["options"]), sorted(indexes))
    found["users"] = client.admin.command("dbHash", collections=["system.users", "system.roles"])["collections"]
    return found


def _fill(client: Any) -> None:
    shop = client[SHOP]
    shop.talks.insert_many([{"user": i % 50, "n": Int64(i), "at": datetime.now(UTC)} for i in range(2000)])
    shop.talks.create_index([("user", 1), ("n", -1)], unique=True, name="by_user")
    shop.talks.create_index("at", expireAfterSeconds=3600)
    shop.create_collection("capped", capped=True, size=1 << 20, max=100)
    shop.capped.insert_many([{"i": i} for i in range(150)])
    shop.create_collection("german", collation={"locale": "de", "strength": 2}, validator={"x": {"$gte": 0}})
    shop.german.insert_one({"x": 3})
    shop.german.create_index("name", partialFilterExpression={"x": {"$gt": 5}})
    shop.create_collection("series", timeseries={"timeField": "t", "metaField": "m"}, expireAfterSeconds=86400)
    shop.series.insert_many([{"t": datetime.now(UTC), "m": i % 3, "v": i} for i in range(60)])
    shop.series.create_index([("m", 1), ("t", -1)])
    shop.create_collection("clustered", clusteredIndex={"key": {"_id": 1}, "unique": True})
    shop.clustered.insert_one({"_id": 5})
    shop.create_collection("seen", viewOn="talks", pipeline=[{"$match": {"n": {"$gt": Int64(10)}}}])
    shop.words.insert_one({"b": "hello", "loc": [1, 2]})
    shop.words.create_index([("b", "text")], weights={"b": 5})
    shop.words.create_index([("$**", 1)], wildcardProjection={"x": 1})
    shop.words.create_index("h", hidden=True, sparse=True)
    shop["odd/ %é"].insert_one({"x": 1})
    for name in ("gone", "renamed", "target"):
        shop[name].insert_one({"was": name})
        shop[name].create_index("was")
    client.other.dropped.insert_one({"x": 1})


def _change(client: Any) -> None:
    shop = client[SHOP]
    shop.talks.update_many({"user": 3}, {"$set": {"hot": True}, "$inc": {"k": Int64(1)}})
    shop.talks.delete_many({"user": 7})
    shop.talks.insert_many([{"user": 99, "n": Int64(i)} for i in range(300)])
    shop.gone.drop()
    shop.renamed.rename("target", dropTarget=True)
    shop.command("collMod", "talks", index={"keyPattern": {"at": 1}, "expireAfterSeconds": Int64(7200)})
    shop.command("collMod", "words", index={"name": "h_1", "hidden": False})
    shop.command("collMod", "german", validator={"x": {"$gte": -5}}, validationLevel="moderate")
    shop.german.create_index("later", unique=True, sparse=True)
    shop.talks.create_index("hot")
    shop.words.drop_index("b_text")
    shop.new.create_index("q")
    shop.create_collection("series2", timeseries={"timeField": "t", "granularity": "minutes"}, expireAfterSeconds=100)
    shop.series2.insert_one({"t": datetime.now(UTC), "v": 1})
    shop.series.insert_many([{"t": datetime.now(UTC), "m": 9, "v": i} for i in range(20)])
    shop.create_collection("seen2", viewOn="seen", pipeline=[])
    shop.seen.drop()
    client.drop_database("other")
    client.third.x.insert_one({"a": 1})
    client.admin.command("createUser", "late", pwd="late", roles=[{"role": "readWrite", "db": SHOP}])
    with client.start_session() as session:
        with session.start_transaction():
            shop.talks.insert_one({"user": 200, "n": 1}, session=session)
            shop.made_in_it.insert_one({"x": 1}, session=session)
        with session.start_transaction():  # more than one entry holds
            for i in range(18):
                shop.large.insert_one({"i": i, "d": "x" * 1_000_000}, session=session)
        session.start_transaction()
        shop.talks.insert_one({"user": 300, "n": 2}, session=session)
        session.abort_transaction()
    shop.capped.insert_many([{"i": 1000 + i} for i in range(30)])
    shop.command("convertToCapped", "target", size=100_000)


def _copy_oplog(client: Any, path: Path, since: str) -> list[RawBSONDocument]:
    seconds, _, ordinal = since.partition(":")
    options = client.codec_options.with_options(document_class=RawBSONDocument)
    oplog = client.local.get_collection("oplog.rs", codec_options=options)
    found = list(oplog.find({"ts": {"$gte": Timestamp(int(seconds), int(ordinal))}}, sort=[("$natural", 1)]))
    path.write_bytes(b"".join(entry.raw for entry in found))
    return found


def test_what_was_dumped_and_changed_behind_the_dump_comes_back_in_every_respect(
    dumped: Dumped, tmp_path: Path
) -> None:
    (tmp_path / "db").mkdir()
    (tmp_path / "db" / "WiredTiger").write_text("of an attempt that was killed")
    order = dumped.order(tmp_path, dumped.slice)
    said = restored(order, tmp_path)
    assert said.stopped_at == "", said
    assert said.last == format_position(dumped.entries[-1]["ts"])
    with dumped.server(order) as server, server.client() as client:
        unbuilt = described(client)
        build_indexes(server, order)
        assert described(client) == dumped.wanted
        assert unbuilt != dumped.wanted, "indexes are not built before they are asked for"
        assert "other" not in client.list_database_names()
        talks = client[SHOP].talks
        assert said.changed[f"{SHOP}.talks"] == talks.count_documents({}) - 2000
        assert client.admin.command("getParameter", 1, ttlMonitorEnabled=1)["ttlMonitorEnabled"] is False


def test_replay_ends_before_an_instant_and_at_a_position(dumped: Dumped, tmp_path: Path) -> None:
    drop = next(each for each in dumped.entries if each["op"] == "c" and each["o"].get("drop") == "gone")
    before = dumped.entries[dumped.entries.index(drop) - 1]
    order = dumped.order(tmp_path, dumped.slice, through=format_position(before["ts"]))
    assert restored(order, tmp_path).last == format_position(before["ts"])
    with dumped.server(order) as server, server.client() as client:
        assert "gone" in client[SHOP].list_collection_names()
        assert client[SHOP].talks.count_documents({"user": 99}) == 300
    first = dumped.entries[1]["wall"].replace(tzinfo=UTC)
    early = dumped.order(tmp_path, dumped.slice, before=first - timedelta(milliseconds=1))
    said = restored(early, tmp_path)
    assert said.first_open == format_position(dumped.entries[1]["ts"])
    assert f"{SHOP}.talks" not in said.changed


def test_what_is_not_understood_stops_the_replay_at_a_named_position(dumped: Dumped, tmp_path: Path) -> None:
    last = dumped.entries[-1]["ts"]
    strange: Mapping[str, Any] = {"op": "c", "ns": f"{SHOP}.$cmd", "o": {"inventThings": "talks"}}
    torn = {
        "op": "c",
        "ns": "admin.$cmd",
        "o": {"applyOps": [{"op": "i", "ns": f"{SHOP}.talks", "o": {"_id": 1}}], "count": Int64(3)},
        "lsid": {"id": 1},
        "txnNumber": Int64(1),
    }
    for entry, words in ((strange, "inventThings"), (torn, "3 operations")):
        behind = tmp_path / "behind.bson"
        at = Timestamp(last.time + 10, 1)
        behind.write_bytes(BSON.encode({**entry, "ts": at, "wall": datetime.now(UTC)}))
        said = restored(dumped.order(tmp_path, dumped.slice, behind), tmp_path)
        assert said.stopped_at == format_position(at)
        assert words in said.stopped_why
        assert said.last == format_position(last)


def test_a_file_that_is_cut_short_is_no_restore(dumped: Dumped, tmp_path: Path) -> None:
    cut = tmp_path / "cut.bson"
    cut.write_bytes(dumped.slice.read_bytes()[:-3])
    done = run(dumped.order(tmp_path, cut), tmp_path)
    assert done.returncode == 1
    assert f"{cut} ends in the middle of a document" in done.stderr
    assert SAYS not in done.stdout

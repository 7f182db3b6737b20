"""What was dumped while four writers did everything at once comes back to the byte, with the oplog behind it."""

from __future__ import annotations

import contextlib
import random
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from actions.backups.repository.entry import Entry
from actions.systems.mongodb.programs.dump import take
from actions.systems.mongodb.programs.private_server import private_server
from actions.systems.mongodb.programs.request import LogEnd, Request
from actions.systems.mongodb.programs.restore import Order
from cleo_console.lab.mongodb.cluster import CONSOLE
from tests.actions.systems.mongodb.mongo_lab import MongoLab, running_mongodb
from tests.actions.systems.mongodb.test_restore_program import OPTIONS, SHOP, build_indexes, described, restored
from tests.waiting import until

pytestmark = pytest.mark.xdist_group("mongodb-stress")

WRITERS, ROUNDS = 4, 150


@pytest.fixture(scope="module")
def mongo() -> Iterator[MongoLab]:
    with running_mongodb() as running:
        yield running


def test_a_dump_under_fire_and_the_oplog_behind_it_are_the_server(mongo: MongoLab, tmp_path: Path) -> None:
    (tmp_path / "mongodb").mkdir()
    with _writing(mongo) as rounds:
        until(lambda: min(rounds) > ROUNDS, 120)
        taken = [_take(mongo, tmp_path)]
        for more in (2, 3):
            until(lambda wanted=more: min(rounds) > wanted * ROUNDS, 120)  # type: ignore[misc]
            taken.append(_take(mongo, tmp_path, taken[-1]))
    taken.append(_take(mongo, tmp_path, taken[-1]))
    with mongo.session() as client:
        wanted = described(client)
    folders = [tmp_path / "mongodb" / entry.id / "dump" for entry in taken]
    full = taken[0]
    order = Order(
        mongod=str(mongo.member.mongod),
        data=str(tmp_path / "db"),
        log=str(tmp_path / "mongod.log"),
        dump=str(folders[0]),
        indexes=str(tmp_path / "indexes.json"),
        options=OPTIONS,
        oplog=[str(folder / "oplog.bson") for folder in folders],
        consistent_at=str(full.facts["read_at"] or (full.covers and full.covers.to)),
        fcv=str(full.server["fcv"]),
    )
    said = restored(order, tmp_path)
    assert not said.stopped_why
    with private_server(order.mongod, Path(order.data), Path(order.log), OPTIONS) as server, server.client() as client:
        build_indexes(server, order)
        assert described(client) == wanted


def _take(mongo: MongoLab, repository: Path, follows: Entry | None = None) -> Entry:
    ends = [LogEnd(position=follows.covers.to, entry=follows.facts["last_entry"])] if follows and follows.covers else []
    return take(
        Request(
            repository=str(repository),
            system="mongodb",
            kind="incremental" if follows else "full",
            port=mongo.member.port,
            user=CONSOLE,
            password=mongo.member.password_file(CONSOLE).read_text().strip(),
            since=ends,
        )
    )


@contextmanager
def _writing(mongo: MongoLab) -> Iterator[list[int]]:
    """Let writers work while the block runs; gives how many rounds each of them has done."""
    with mongo.session() as client:
        shop = client[SHOP]
        shop.create_collection("capped", capped=True, size=200_000, max=300)
        shop.create_collection("series", timeseries={"timeField": "t", "metaField": "m"})
        shop.unique.create_index("k", unique=True)
        for name in ("many", "parts", "sums"):
            shop.create_collection(name)
        client.third.one.insert_one({})
    rounds, ended = [0] * WRITERS, threading.Event()
    threads = [threading.Thread(target=_write, args=(mongo, number, rounds, ended)) for number in range(WRITERS)]
    for thread in threads:
        thread.start()
    try:
        yield rounds
    finally:
        ended.set()
        for thread in threads:
            thread.join()


def _write(mongo: MongoLab, number: int, rounds: list[int], ended: threading.Event) -> None:
    from pymongo.errors import PyMongoError

    dice = random.Random(number)
    with _client(mongo) as client:
        acts = [*_plain(client[SHOP], dice, number), *[_transaction(client, dice, number)] * 2]
        while not ended.is_set():
            with contextlib.suppress(PyMongoError):  # writers get into each other's way
                dice.choice(acts)()
            rounds[number] += 1


@contextmanager
def _client(mongo: MongoLab) -> Iterator[Any]:
    from pymongo import MongoClient

    password = mongo.member.password_file(CONSOLE).read_text().strip()
    client: MongoClient[dict[str, Any]] = MongoClient(
        "127.0.0.1", mongo.member.port, username=CONSOLE, password=password, directConnection=True
    )
    with client:
        yield client


def _plain(shop: Any, dice: random.Random, number: int) -> list[Callable[[], Any]]:
    """What changes documents and definitions outside of transactions."""
    name = f"temporary{number}"
    return [
        lambda: shop.many.insert_many([{"v": dice.random(), "s": "y" * dice.randint(1, 500)} for _ in range(10)]),
        lambda: shop.many.insert_many([{"v": dice.random()} for _ in range(dice.randint(1, 20))]),
        lambda: shop.many.update_many({"v": {"$lt": 0.05}}, [{"$set": {"v": {"$add": ["$v", 0.5]}}}]),
        lambda: shop.many.delete_many({"v": {"$gt": 0.98}}),
        lambda: shop.capped.insert_one({"w": number}),
        lambda: shop.series.insert_many([{"t": datetime.now(UTC), "m": dice.randint(0, 4)} for _ in range(3)]),
        lambda: shop.unique.delete_many({"k": dice.randint(0, 50)}),
        lambda: shop.unique.insert_one({"k": dice.randint(0, 50)}),
        lambda: shop.parts.delete_many({"n": {"$lt": dice.random()}}),
        lambda: shop[name].insert_one({}) if dice.random() < 0.1 else None,
        lambda: shop[name].drop() if dice.random() < 0.05 else None,
        lambda: shop.many.create_index("v", name=f"v{number}", sparse=True) if dice.random() < 0.1 else None,
        lambda: shop.many.drop_index(f"v{number}") if dice.random() < 0.1 else None,
    ]


def _transaction(client: Any, dice: random.Random, number: int) -> Callable[[], None]:
    """A transaction; one in a hundred is larger than an entry of the oplog can be (16 MiB)."""

    def act() -> None:
        large = dice.random() < 0.01
        with client.start_session() as session, session.start_transaction():
            parts = [
                {"n": dice.random(), "z": "q" * (1_000_000 if large else 5_000)} for _ in range(20 if large else 2)
            ]
            client[SHOP].parts.insert_many(parts, session=session)
            client[SHOP].sums.update_one({"_id": number}, {"$inc": {"n": 1}}, upsert=True, session=session)

    return act

"""One mongod for all tests of backups, with a collection of every kind."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import bson
import pytest

from tests.actions.systems.mongodb.backups.taking import KINDS, folder_of, take_one
from tests.actions.systems.mongodb.mongo_lab import MongoLab, running_mongodb


@pytest.fixture(scope="package")
def mongo() -> Iterator[MongoLab]:
    """A mongod that is up, with CleoAI's collections and its writer."""
    with running_mongodb() as running:
        yield running


@pytest.fixture(scope="package", autouse=True)
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
    return folder_of(mongo, take_one(mongo, "full"))

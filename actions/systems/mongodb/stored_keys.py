"""Keys that a MongoDB database has: a field of a collection's documents."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from actions.systems.mongodb.connection import connect
from actions.systems.mongodb.settings import MongodbSettings
from journal.errors import CleoError


def stored_keys(settings: MongodbSettings, ask: Mapping[str, str], *, deadline_s: float) -> Iterator[str]:
    """Yield the ``field`` of each document of a ``collection``; one that lacks it has no key.

    Raises:
        CleoError: it cannot be read.
    """
    if set(ask) != {"collection", "field"}:
        raise CleoError("MongoDB is asked by collection: and field:.", "Write ask: {collection: …, field: …}.")
    only: list[dict[str, Any]] = [
        {"$project": {"_id": 0, "key": f"${ask['field']}"}},
        {"$match": {"key": {"$ne": None}}},
    ]
    with connect(settings, deadline_s=deadline_s) as client:
        for found in client[settings.database][ask["collection"]].aggregate(only, batchSize=10_000):
            yield str(found["key"])

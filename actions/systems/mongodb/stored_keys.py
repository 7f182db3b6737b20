"""Keys that a MongoDB database has: a field of a collection's documents."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from actions.by_hand import CommandLine
from actions.systems.mongodb.by_hand import in_shell
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
    with connect(settings, deadline_s=deadline_s) as client:
        found = client[settings.database][ask["collection"]].aggregate(_only(ask["field"]), batchSize=10_000)
        yield from (str(each["key"]) for each in found)


def by_hand(settings: MongodbSettings, ask: Mapping[str, str]) -> CommandLine:
    """Return what prints the same keys, one a line."""
    where, only = json.dumps(ask.get("collection", "COLLECTION")), json.dumps(_only(ask.get("field", "FIELD")))
    database = f"db.getSiblingDB({json.dumps(settings.database)})"
    script = f"{database}.getCollection({where}).aggregate({only}).forEach(each => print(String(each.key)))"
    return in_shell(settings, script, "")


def _only(field: str) -> list[dict[str, Any]]:
    return [{"$project": {"_id": 0, "key": f"${field}"}}, {"$match": {"key": {"$ne": None}}}]

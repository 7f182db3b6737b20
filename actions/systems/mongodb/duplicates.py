"""How many keys of a unique index are there more than once: numbers alone, no documents."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from journal.wording.counting import count

if TYPE_CHECKING:
    from pymongo import MongoClient

_COUNT_MS = 10 * 60_000
DUPLICATE = 11000
"""MongoDB's error code: a document has a key that another one has."""


def duplicates(client: MongoClient[dict[str, Any]], namespace: str, spec: Mapping[str, Any]) -> str:
    """Return in words how many keys are there more than once, and in how many documents.

    Args:
        client: the server.
        namespace: the collection.
        spec: the unique index that cannot be built.
    """
    from pymongo.errors import PyMongoError

    database, _, collection = namespace.partition(".")
    options = {"collation": spec["collation"]} if "collation" in spec else {}
    try:
        found = list(
            client[database][collection].aggregate(_pipeline(spec), allowDiskUse=True, maxTimeMS=_COUNT_MS, **options)
        )
    except PyMongoError as error:
        return f"how many keys are there more than once could not be counted: {str(error).partition(', full error')[0]}"
    if not found:
        return "no whole key is there more than once: a part of one (an element of an array) is"
    keys, documents = int(found[0]["keys"]), int(found[0]["documents"])
    return f"{count(keys, 'key is', 'keys are')} there more than once, in {count(documents, 'document')}"


def _pipeline(spec: Mapping[str, Any]) -> list[dict[str, Any]]:
    names = list(spec["key"])
    key = {f"k{number}": f"${name}" for number, name in enumerate(names)}
    only = [{"$match": spec["partialFilterExpression"]}] if "partialFilterExpression" in spec else []
    if spec.get("sparse"):
        only.append({"$match": {"$or": [{name: {"$exists": True}} for name in names]}})
    return [
        *only,
        {"$group": {"_id": key, "number": {"$sum": 1}}},
        {"$match": {"number": {"$gt": 1}}},
        {"$group": {"_id": None, "keys": {"$sum": 1}, "documents": {"$sum": "$number"}}},
    ]

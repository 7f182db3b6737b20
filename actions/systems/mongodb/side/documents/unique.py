"""Which documents could not come back, since another one has their unique value now."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from actions.systems.mongodb.owners import plain

if TYPE_CHECKING:
    from pymongo.collection import Collection


def unique_indexes(collection: Collection[Any]) -> list[Mapping[str, Any]]:
    """Return the unique indexes of a collection beside the one of ``_id``."""
    return [dict(spec) for spec in collection.list_indexes() if spec.get("unique") and spec["name"] != "_id_"]


def holders(
    real: Collection[Any], side: Collection[Any], indexes: Iterable[Mapping[str, Any]], document: Mapping[str, Any]
) -> Iterator[Any]:
    """Yield the ``_id`` of each document of the real server that has a unique value of ``document`` now.

    Args:
        real: the real server's collection.
        side: the side instance's, which tells whether a partial index has the document.
        indexes: the real server's unique indexes.
        document: one of the side instance's.
    """
    for spec in indexes:
        values = {field: list(_values(document, field.split("."))) for field in spec["key"]}
        if spec.get("sparse") and not any(values.values()):
            continue
        partial = spec.get("partialFilterExpression")
        if partial and not side.find_one({"$and": [{"_id": document["_id"]}, partial]}, {"_id": 1}):
            continue
        same: list[Any] = [{field: {"$in": found or [None]}} for field, found in values.items()]
        wanted = {"$and": [*same, {"_id": {"$ne": document["_id"]}}, *([partial] if partial else [])]}
        collation = spec.get("collation")
        if found := real.find_one(wanted, {"_id": 1}, collation=dict(collation) if collation else plain()):
            yield found["_id"]


def _values(document: Any, path: list[str]) -> Iterator[Any]:
    """Yield what an index has of a document at a path: of a list each of its elements."""
    if isinstance(document, list):
        for one in document:
            yield from _values(one, path)
    elif not path:
        yield document
    elif isinstance(document, Mapping) and path[0] in document:
        yield from _values(document[path[0]], path[1:])

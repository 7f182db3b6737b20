"""How many documents are past their time: they go within a minute once the TTL monitor is on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pymongo import MongoClient

_OWN = ("admin", "config", "local")
_LONGEST_S = 2**31 - 1
"""The longest that a TTL may be; a server takes more for never."""


def count_expiring(client: MongoClient[dict[str, Any]]) -> dict[str, int]:
    """Return by collection how many documents are past their time by the server's clock; none is left out.

    Raises:
        PyMongoError: the server cannot be asked.
    """
    now = client.admin.command("hello")["localTime"]
    found: dict[str, int] = {}
    for database in client.list_database_names():
        if database in _OWN:
            continue
        for one in client[database].list_collections():
            name = one["name"]
            if one["type"] == "view" or name.startswith("system."):
                continue
            number = sum(
                client[database][name].count_documents(past) for past in past_conditions(client, database, one, now)
            )
            if number:
                found[f"{database}.{name}"] = number
    return found


def past_conditions(
    client: MongoClient[dict[str, Any]], database: str, one: Mapping[str, Any], now: datetime
) -> list[dict[str, Any]]:
    """Return what a collection's documents fulfil that are past their time, one for each rule.

    Args:
        client: the server that has the rules.
        database: the collection's database; ``one``: what ``listCollections`` tells of it.
        now: the time by that server's clock.
    """
    found: list[dict[str, Any]] = []
    options = one.get("options", {})
    if "expireAfterSeconds" in options:
        field = options.get("timeseries", {}).get("timeField", "_id")
        found.append(_past(field, options["expireAfterSeconds"], now))
    if one["type"] == "collection":
        found += past_filters(client[database][one["name"]].list_indexes(), now)
    return found


def past_filters(indexes: Iterable[Mapping[str, Any]], now: datetime) -> list[dict[str, Any]]:
    """Return what the documents fulfil that are past their time by one of a collection's indexes."""
    return [
        {"$and": [_past(next(iter(spec["key"])), spec["expireAfterSeconds"], now), only]}
        for spec in indexes
        if "expireAfterSeconds" in spec
        for only in [spec.get("partialFilterExpression", {})]
    ]


def _past(field: str, seconds: float, now: datetime) -> dict[str, Any]:
    """Return the condition that a field's time is over; a number that is none means never."""
    if not 0 <= seconds <= _LONGEST_S:
        return {"_id": {"$in": []}}
    return {field: {"$lt": now - timedelta(seconds=float(seconds))}}

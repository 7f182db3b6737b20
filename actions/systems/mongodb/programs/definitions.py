"""What a server has, as its catalogue defines it: every collection, view and time series that is the users'."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import msgspec

from actions.systems.mongodb.dump_layout import BUCKETS, NOT_USERS, DumpedCollection, is_restorable
from actions.systems.mongodb.programs.request import refusal

if TYPE_CHECKING:
    from pymongo import MongoClient
    from pymongo.database import Database

_NO_SUCH_NAMESPACE = 26


class Sized(msgspec.Struct, frozen=True, kw_only=True):
    """A collection, and how many bytes of documents it had when it was looked at (0: not known)."""

    what: DumpedCollection
    size: int = 0


def read_definitions(client: MongoClient[dict[str, Any]], where: str) -> list[Sized]:
    """Return all that is to be dumped, the largest first: it is the one that should be read at an early moment.

    Args:
        client: a client of the server.
        where: where that listens, for people.

    Raises:
        CannotBackUp: a collection cannot be looked at; it is named.
        PyMongoError: the server cannot be asked.
    """
    databases = [name for name in client.list_database_names() if name not in NOT_USERS]
    found = [one for name in databases for one in _of_database(client[name], where)]
    return sorted(found, key=lambda one: (-one.size, one.what.namespace))


def _of_database(database: Database[dict[str, Any]], where: str) -> list[Sized]:
    from pymongo.errors import PyMongoError

    found = []
    for each in [each for each in database.list_collections() if _wanted(database.name, each["name"])]:
        try:
            one = _sized(database, each)
        except PyMongoError as error:
            raise refusal(error, where, f"{database.name}.{each['name']} was looked at") from error
        found += [one] if one else []
    return found


def _wanted(database: str, collection: str) -> bool:
    return is_restorable(database, collection) and not collection.startswith(BUCKETS)


def _sized(database: Database[dict[str, Any]], listed: Mapping[str, Any]) -> Sized | None:
    """Return one collection; None where it was dropped meanwhile."""
    from pymongo.errors import OperationFailure

    uuid = listed.get("info", {}).get("uuid")
    what = DumpedCollection(
        database=database.name,
        name=listed["name"],
        kind=listed.get("type", "collection"),
        options=listed.get("options", {}),
        uuid=bytes(uuid).hex() if isinstance(uuid, bytes) else getattr(uuid, "hex", ""),
    )
    if what.kind == "view":
        return Sized(what=what)
    try:
        indexes = [{key: value for key, value in each.items() if key != "ns"} for each in _indexes(database, what.name)]
        size = int(database.command("collStats", what.into).get("size", 0))
    except OperationFailure as error:
        if error.code == _NO_SUCH_NAMESPACE:
            return None
        raise
    return Sized(what=msgspec.structs.replace(what, indexes=indexes), size=size)


def _indexes(database: Database[dict[str, Any]], collection: str) -> list[dict[str, Any]]:
    return [dict(each) for each in database[collection].list_indexes()]

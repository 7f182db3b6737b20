"""Compares documents of a side instance with the real server's, which are only read (see `programs/in_side.py`)."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from actions.systems.mongodb.collection_check import present
from actions.systems.mongodb.expiring import past_conditions
from actions.systems.mongodb.owners import alone, is_alone, plain
from actions.systems.mongodb.programs.in_side import CannotAsk, real_client, run_program, side_client
from actions.systems.mongodb.side.documents.asked import Compare, Compared, Difference, Meant
from actions.systems.mongodb.side.documents.identity import digest_of, documents, id_in, key_of, raw_options
from actions.systems.mongodb.side.documents.owners import owned
from actions.systems.mongodb.side.documents.store import CHANGED, EXTRA, MISSING, Store, new_store
from actions.systems.mongodb.side.documents.unique import holders, unique_indexes

if TYPE_CHECKING:
    from pymongo import MongoClient
    from pymongo.collection import Collection

EXPIRED, KEPT_OUT = "expired", "unique"
"""Why a document is left as it is."""
_IDS = 1000
_MOST_ASKED = 20_000
"""Documents that are looked up by their unique values, one by one; of others the server says it as they are written."""


class _Pair(NamedTuple):
    """Both servers, and what each has."""

    side: MongoClient[Any]
    real: MongoClient[Any]
    then: Mapping[str, dict[str, Any]]
    now: Mapping[str, dict[str, Any]]


def compare(asked: Compare) -> Compared:
    """Compare every collection that is meant; the difference is kept in the side instance's folder."""
    found: list[Difference] = []
    with side_client(asked.side) as side, real_client(asked.real) as real, new_store(asked.folder) as store:
        pair = _Pair(side, real, present(side), present(real))
        for namespace in _namespaces(pair, asked.meant):
            meant = msgspec.structs.replace(asked.meant, name=namespace)
            one = _compared(pair, store, len(found), meant, replace=asked.replace)
            if not meant.user or one.rows or one.shared:
                found.append(one)
    return Compared(mark=store.mark, found=found)


def _compared(pair: _Pair, store: Store, number: int, meant: Meant, *, replace: bool) -> Difference:
    namespace = meant.name
    was, have = pair.then.get(namespace), pair.now.get(namespace)
    found = Difference(namespace=namespace, then=was is not None, now=have is not None)
    if was is None:
        return found
    side, refused = _collection(pair.side, namespace), _refused(was) or (_refused(have) if have else "")
    if refused or have is None:
        rows, shared = _counted(side, meant)
        return msgspec.structs.replace(found, refused=refused, rows=rows, missing=rows, shared=shared)
    found = msgspec.structs.replace(found, altered=was.get("options") != have.get("options"))
    real = _collection(pair.real, namespace)
    rows, shared, others = _mine(side, real, store, number, meant) if meant.user else _all(side, real, store, number)
    _leave_expired(pair, side, store, number, namespace, have)
    unasked = _leave_kept_out(side, real, store, number, replace=replace)
    return msgspec.structs.replace(
        found,
        rows=rows,
        missing=store.count(number, kind=MISSING),
        changed=store.count(number, kind=CHANGED),
        can_come=store.count(number, kind=MISSING, why=""),
        can_change=store.count(number, kind=CHANGED, why=""),
        extra=store.count(number, kind=EXTRA),
        expired=store.count(number, why=EXPIRED),
        kept_out=store.count(number, why=KEPT_OUT),
        unasked=unasked,
        shared=shared,
        others=others,
    )


def _namespaces(pair: _Pair, meant: Meant) -> list[str]:
    """Return the full names of the collections that are meant.

    Raises:
        CannotAsk: several are called so, or a person named one that never was.
    """
    if not meant.name:
        there = [name for name, one in pair.then.items() if one["type"] != "view"]
        return sorted(name for name in there if meant.database in ("", name.partition(".")[0]))
    both = pair.then.keys() | pair.now.keys()
    if meant.name in both:
        return [meant.name]
    if meant.database and (name := f"{meant.database}.{meant.name}") in both:
        return [name]
    named = sorted(name for name in both if name.partition(".")[2] == meant.name)
    if len(named) > 1:
        raise CannotAsk(f"Several collections are called {meant.name}: {', '.join(named)}.", "Name its database, too.")
    if not named:
        some = ", ".join(sorted(pair.then)[:10])
        raise CannotAsk(f"There is no collection {meant.name} in the side instance.", f"There are: {some}.")
    return named


def _refused(one: Mapping[str, Any]) -> str:
    """Say why a collection's documents cannot be copied one by one; empty: they can."""
    if one["type"] == "view":
        return "it is a view, and has no documents of its own"
    if one["type"] == "timeseries":
        return "it is a time series: its documents cannot be told apart"
    if one.get("options", {}).get("capped"):
        return "it is capped: what comes back would push out what is there"
    return ""


def _collection(client: MongoClient[Any], namespace: str) -> Collection[Any]:
    database, _, name = namespace.partition(".")
    return client[database].get_collection(name, codec_options=raw_options())


def _counted(side: Collection[Any], meant: Meant) -> tuple[int, int]:
    """Return how many of the documents that are meant there were, and how many name the user among others."""
    if not meant.user:
        return side.count_documents({}), 0
    value, shared = owned(side, meant)
    return (side.count_documents(alone(meant.owner, [value]), collation=plain()) if value is not None else 0), shared


def _all(side: Collection[Any], real: Collection[Any], store: Store, number: int) -> tuple[int, int, int]:
    """Compare all documents of a collection."""
    store.now(documents(_majority(real).find()))
    rows = store.then(number, documents(side.find()))
    store.extra(number)
    return rows, 0, 0


def _mine(
    side: Collection[Any], real: Collection[Any], store: Store, number: int, meant: Meant
) -> tuple[int, int, int]:
    """Compare the documents that were one user's; what has their ``_id`` now and is somebody else's is left alone."""
    value, shared = owned(side, meant)
    if value is None:
        return 0, shared, 0
    theirs, rows, others = _majority(real), 0, 0
    found = documents(side.find(alone(meant.owner, [value]), collation=plain()))
    while chunk := list(islice(found, _IDS)):
        rows += len(chunk)
        ids = {"_id": {"$in": [id_in(one.id) for one in chunk]}}
        now = {key_of(one["_id"]): one for one in theirs.find(ids)}
        for one in chunk:
            have = now.get(one.key)
            if have is None:
                store.add(number, MISSING, one.key, one.id, one.digest, b"")
            elif not is_alone(have, meant.owner, value):
                others += 1
            elif (digest := digest_of(have.raw)) != one.digest:
                store.add(number, CHANGED, one.key, one.id, one.digest, digest)
    return rows, shared, others


def _majority(collection: Collection[Any]) -> Collection[Any]:
    from pymongo.read_concern import ReadConcern

    return collection.with_options(read_concern=ReadConcern("majority"))


def _leave_expired(
    pair: _Pair, side: Collection[Any], store: Store, number: int, namespace: str, have: Mapping[str, Any]
) -> None:
    """Leave out what is past its time by the real server's clock and its indexes of now."""
    now = pair.real.admin.command("hello")["localTime"]
    for past in past_conditions(pair.real, namespace.partition(".")[0], have, now):
        store.leave(number, (key_of(one["_id"]) for one in side.find(past, {"_id": 1}, collation=plain())), EXPIRED)


def _leave_kept_out(side: Collection[Any], real: Collection[Any], store: Store, number: int, *, replace: bool) -> int:
    """Leave out what another document keeps out by a unique value; return how many were not looked at.

    Where the collection is replaced, those that are new since keep nothing out: they go.
    """
    indexes = unique_indexes(real)
    if not indexes:
        return 0
    wanted = store.count(number, kind=MISSING, why="") + store.count(number, kind=CHANGED, why="")
    todo = list(islice(store.todo(number, MISSING, CHANGED), _MOST_ASKED))
    for chunk in _chunks(todo):
        out = []
        for document in side.find({"_id": {"$in": [id_in(one.id) for one in chunk]}}):
            others = [store.find(number, key_of(id_)) for id_ in holders(real, side, indexes, document)]
            if any(other is None or other.kind != EXTRA or not replace for other in others):
                out.append(key_of(document["_id"]))
        store.leave(number, out, KEPT_OUT)
    return max(0, wanted - _MOST_ASKED)


def _chunks(found: Sequence[Any]) -> Iterator[Sequence[Any]]:
    return (found[at : at + _IDS] for at in range(0, len(found), _IDS))


if __name__ == "__main__":
    sys.exit(run_program(sys.argv[1:], Compare, compare))

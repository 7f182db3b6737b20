"""Makes a dropped collection again: under another name, compared, with its indexes, then renamed to its own.

Until the rename nobody sees it (see `programs/in_side.py`). Killed before that, the next run removes what is left.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from actions.systems.mongodb.collection_check import present
from actions.systems.mongodb.contents import Contents
from actions.systems.mongodb.expiring import past_filters
from actions.systems.mongodb.programs.in_side import CannotAsk, real_client, run_program, side_client
from actions.systems.mongodb.programs.wanted_indexes import IndexSpec, decode
from actions.systems.mongodb.side.documents.asked import MadeAgain, MakeAgain
from actions.systems.mongodb.side.documents.identity import raw_options

if TYPE_CHECKING:
    from pymongo import MongoClient
    from pymongo.database import Database

_SUFFIX = ".cleo-bringing-back"
_MOST, _MOST_BYTES = 1000, 8 << 20


def make_again(asked: MakeAgain) -> MadeAgain:
    """Make it.

    Raises:
        CannotAsk: somebody made it meanwhile, or what arrived is not what was sent.
    """
    database, _, name = asked.namespace.partition(".")
    indexes = decode(Path(asked.indexes).read_text(encoding="utf-8")).of(asked.namespace)
    with side_client(asked.side) as side, real_client(asked.real) as real:
        one = present(side)[asked.namespace]
        there, waiting = _durable(real, database), f"{name}{_SUFFIX}"
        if name in there.list_collection_names():
            raise CannotAsk(f"{asked.namespace} is there again.", "Run the step again: it compares anew.")
        there.drop_collection(waiting)
        durable = {"writeConcern": there.write_concern.document}
        there.command({"create": waiting, **one.get("options", {}), **durable})
        number, expired = _load(side, there, database, name, waiting, indexes)
        if indexes:
            there.command({"createIndexes": waiting, "indexes": indexes, **durable})
        there[waiting].rename(name)
    return MadeAgain(documents=number, indexes=len(indexes), expired=expired)


def _durable(client: MongoClient[Any], database: str) -> Database[Any]:
    from pymongo.read_concern import ReadConcern
    from pymongo.write_concern import WriteConcern

    return client.get_database(
        database,
        codec_options=raw_options(),
        read_concern=ReadConcern("majority"),
        write_concern=WriteConcern("majority", wtimeout=60_000),
    )


def _load(
    side: MongoClient[Any], there: Database[Any], database: str, name: str, waiting: str, indexes: list[IndexSpec]
) -> tuple[int, int]:
    """Copy the documents, but those past their time; return how many of each.

    Raises:
        CannotAsk: what arrived has another count or digest than what was sent.
    """
    collection = side[database].get_collection(name, codec_options=raw_options())
    now = there.client.admin.command("hello")["localTime"]
    past = past_filters(indexes, now)
    wanted: dict[str, Any] = {"$nor": past} if past else {}
    sent, arrived = Contents(in_order=False), Contents(in_order=False)
    for batch in _batches(collection.find(wanted)):
        there[waiting].insert_many(batch, bypass_document_validation=True)
        for one in batch:
            sent.add(one.raw)
    for one in there[waiting].find():
        arrived.add(one.raw)
    if (sent.count, sent.digest) != (arrived.count, arrived.digest):
        there.drop_collection(waiting)
        raise CannotAsk(
            f"What arrived of {database}.{name} is not what was sent: {arrived.count} documents of {sent.count}.",
            "Nothing was brought back. Run the step again.",
        )
    return sent.count, (collection.count_documents({"$or": past}) if past else 0)


def _batches(found: Any) -> Iterator[list[Any]]:
    batch, size = list[Any](), 0
    for one in found:
        if batch and (len(batch) >= _MOST or size + len(one.raw) > _MOST_BYTES):
            yield batch
            batch, size = list[Any](), 0
        batch.append(one)
        size += len(one.raw)
    if batch:
        yield batch


if __name__ == "__main__":
    sys.exit(run_program(sys.argv[1:], MakeAgain, make_again))

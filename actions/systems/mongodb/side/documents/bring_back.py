"""Writes the difference that was shown into the real server, and nothing else (see `programs/in_side.py`).

Each document is taken from the side instance into a file and compared with the digest that was found; then written
in transactions, in which what it replaces must be what was compared. What fits into one is written whole or not at all.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from actions.systems.mongodb.programs.bson_files import read_batches
from actions.systems.mongodb.programs.in_side import CannotAsk, real_client, run_program, side_client
from actions.systems.mongodb.side.documents.asked import Bring, Brought, Got
from actions.systems.mongodb.side.documents.identity import digest_of, documents, id_in, key_of, raw_options
from actions.systems.mongodb.side.documents.store import CHANGED, EXTRA, MISSING, Kind, Store, Todo, open_store
from actions.systems.mongodb.side.documents.transaction import Op, write

if TYPE_CHECKING:
    from pymongo import MongoClient

_MOST, _MOST_BYTES = 5000, 8 << 20
"""Of one transaction: the server gives it a minute."""
_IDS = 500


class _Stage(NamedTuple):
    """Where the documents of a collection wait, and which kinds of difference are wanted of it."""

    number: int
    namespace: str
    path: Path


def bring(asked: Bring) -> Brought:
    """Write the difference.

    Raises:
        CannotAsk: what was compared is not there any more, or what was staged is not what was compared.
    """
    kinds: list[Kind] = [MISSING] if asked.mode == "missing" else [CHANGED, MISSING]
    stages = [
        _Stage(number, name, Path(asked.folder, f"bring-back.{number}.bson"))
        for number, name in enumerate(asked.namespaces)
    ]
    try:
        with open_store(asked.folder, asked.mark) as store:
            with side_client(asked.side) as side:
                for stage in stages:
                    _staged(side, store, stage, kinds)
            with real_client(asked.real) as real:
                return _written(real, store, stages, replace=asked.mode == "replace")
    finally:
        for stage in stages:
            stage.path.unlink(missing_ok=True)


def _staged(side: MongoClient[Any], store: Store, stage: _Stage, kinds: Sequence[Kind]) -> None:
    """Copy a collection's documents into its file, and prove that they are those that were compared."""
    database, _, name = stage.namespace.partition(".")
    collection, wanted = side[database].get_collection(name, codec_options=raw_options()), 0
    with stage.path.open("wb") as file:
        for chunk in _chunks(store.todo(stage.number, *kinds)):
            wanted += len(chunk)
            for one in collection.find({"_id": {"$in": [id_in(todo.id) for todo in chunk]}}):
                file.write(one.raw)
    staged = sum(1 for _ in _read(store, stage))
    if staged != wanted:
        raise CannotAsk(
            f"{staged} documents of {stage.namespace} were staged, and {wanted} were compared.",
            "Nothing was written. Make the side instance again.",
        )


def _read(store: Store, stage: _Stage) -> Iterator[tuple[Todo, Any]]:
    """Yield the staged documents with what is to be done with each.

    Raises:
        CannotAsk: one is not what was compared.
    """
    for batch in read_batches(stage.path, most_bytes=_MOST_BYTES, most_documents=_MOST):
        for document in batch.documents:
            todo = store.find(stage.number, key_of(document["_id"]))
            if todo is None or todo.then_digest != digest_of(document.raw):
                raise CannotAsk(
                    f"A document of {stage.namespace} was staged with another digest than was compared.",
                    "Nothing more was written. Make the side instance again.",
                )
            yield todo, document


def _written(client: MongoClient[Any], store: Store, stages: Sequence[_Stage], *, replace: bool) -> Brought:
    done, left, transactions = Counter[tuple[int, str]](), Counter[tuple[int, str]](), 0
    otherwise = Counter[int]()
    for batch in _batches(_operations(store, stages, replace=replace)):
        result = write(client, batch)
        transactions += 1
        left.update((op.collection, why) for op, why in result.left)
        done.update((op.collection, op.todo.kind) for op in result.done)
        otherwise.update(op.collection for op in _not_as_written(client, result.done))
        print(f"{sum(done.values())} documents written", flush=True)
    got = [
        Got(
            inserted=done[one.number, MISSING],
            updated=done[one.number, CHANGED],
            deleted=done[one.number, EXTRA],
            left={why: number for (collection, why), number in left.items() if collection == one.number},
            otherwise=otherwise[one.number],
        )
        for one in stages
    ]
    return Brought(got=got, transactions=transactions)


def _operations(store: Store, stages: Sequence[_Stage], *, replace: bool) -> Iterator[Op]:
    """Yield what is to be done: what goes first, since it may have a unique value of what comes."""
    for one in stages:
        if replace:
            yield from (Op(one.number, one.namespace, todo, None) for todo in store.todo(one.number, EXTRA))
        yield from (Op(one.number, one.namespace, todo, document) for todo, document in _read(store, one))


def _batches(found: Iterator[Op]) -> Iterator[list[Op]]:
    batch, size = list[Op](), 0
    for op in found:
        bytes_ = len(op.document.raw) if op.document is not None else 0
        if batch and (len(batch) >= _MOST or size + bytes_ > _MOST_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(op)
        size += bytes_
    if batch:
        yield batch


def _not_as_written(client: MongoClient[Any], done: Sequence[Op]) -> Iterator[Op]:
    """Yield what is otherwise than it was just written, as a majority has it."""
    from pymongo.read_concern import ReadConcern

    for namespace in dict.fromkeys(op.namespace for op in done):
        database, _, name = namespace.partition(".")
        collection = client[database].get_collection(
            name, codec_options=raw_options(), read_concern=ReadConcern("majority")
        )
        for chunk in _chunks(op for op in done if op.namespace == namespace):
            ids = {"_id": {"$in": [id_in(op.todo.id) for op in chunk]}}
            now = {one.key: one.digest for one in documents(collection.find(ids))}
            yield from (op for op in chunk if now.get(op.todo.key, b"") != op.todo.then_digest)


def _chunks(found: Iterator[Any]) -> Iterator[list[Any]]:
    chunk = []
    for one in found:
        chunk.append(one)
        if len(chunk) == _IDS:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


if __name__ == "__main__":
    sys.exit(run_program(sys.argv[1:], Bring, bring))

"""One transaction on the real server: all of a batch, but for what the server does not take, or nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from actions.systems.mongodb.programs.in_side import CannotAsk, without_content
from actions.systems.mongodb.side.documents.identity import documents, id_in, raw_options
from actions.systems.mongodb.side.documents.store import CHANGED, EXTRA, Todo

if TYPE_CHECKING:
    from bson.raw_bson import RawBSONDocument
    from pymongo import MongoClient
    from pymongo.client_session import ClientSession

UNIQUE, INVALID, MEANWHILE = "unique", "validator", "meanwhile"
"""Why a document is left: another one has its unique value, the collection's validator refuses it, or somebody wrote
it since it was compared."""
_REASONS = {11000: UNIQUE, 121: INVALID}
"""By MongoDB's error codes."""
_MOST_REFUSED, _TRIES = 200, 8
_WAIT_MS = 60_000


class Op(NamedTuple):
    """What is done with one document: it is the ``collection``-th that was compared; without a document it goes."""

    collection: int
    namespace: str
    todo: Todo
    document: RawBSONDocument | None


class Written(NamedTuple):
    """What was written, and what was left, and why."""

    done: list[Op]
    left: list[tuple[Op, str]]


class _Refused(Exception):
    """The server does not take one of them."""

    def __init__(self, op: Op, why: str) -> None:
        super().__init__(why)
        self.op = op
        self.why = why


def write(client: MongoClient[Any], batch: Sequence[Op]) -> Written:
    """Write a batch. What the server refuses is left out, and all else is tried again.

    Raises:
        CannotAsk: the server takes none of it; nothing of the batch was written.
    """
    from pymongo.errors import PyMongoError

    ops, left, conflicts = list(batch), list[tuple[Op, str]](), 0
    while ops:
        try:
            return _try(client, ops, left)
        except _Refused as refused:
            ops.remove(refused.op)
            left.append((refused.op, refused.why))
            if len(left) > _MOST_REFUSED:
                raise CannotAsk(
                    f"The server refuses more than {_MOST_REFUSED} documents of {refused.op.namespace} "
                    f"({', '.join(sorted({why for _, why in left}))}).",
                    "Nothing of this transaction was written. Look which indexes and rules the collection has now.",
                ) from None
        except PyMongoError as error:
            conflicts += 1
            if not error.has_error_label("TransientTransactionError") or conflicts >= _TRIES:
                raise CannotAsk(
                    f"The server took none of the transaction: {without_content(error)}.",
                    "Mend what it says, then run the step again: it compares anew.",
                ) from error
    return Written([], left)


def _try(client: MongoClient[Any], ops: Sequence[Op], left: list[tuple[Op, str]]) -> Written:
    from pymongo.read_concern import ReadConcern
    from pymongo.write_concern import WriteConcern

    durable = WriteConcern("majority", wtimeout=_WAIT_MS)
    with (
        client.start_session() as session,
        session.start_transaction(read_concern=ReadConcern("snapshot"), write_concern=durable),
    ):
        done, meanwhile = list[Op](), list[tuple[Op, str]]()
        for namespace in dict.fromkeys(op.namespace for op in ops):
            mine = [op for op in ops if op.namespace == namespace]
            same = _as_compared(client, session, namespace, mine)
            meanwhile += [(op, MEANWHILE) for op in mine if op not in same]
            _apply(client, session, namespace, same)
            done += same
    return Written(done, [*left, *meanwhile])


def _as_compared(client: MongoClient[Any], session: ClientSession, namespace: str, ops: Sequence[Op]) -> list[Op]:
    """Return those that meet what was compared: the same content, or nothing where nothing was."""
    collection = _collection(client, namespace)
    ids = {"_id": {"$in": [id_in(op.todo.id) for op in ops]}}
    now = {one.key: one.digest for one in documents(collection.find(ids, session=session))}
    return [op for op in ops if now.get(op.todo.key, b"") == op.todo.now_digest]


def _apply(client: MongoClient[Any], session: ClientSession, namespace: str, ops: Sequence[Op]) -> None:
    from pymongo.errors import BulkWriteError
    from pymongo.operations import DeleteOne, InsertOne, ReplaceOne

    def request(op: Op) -> InsertOne[Any] | DeleteOne | ReplaceOne[Any]:
        if op.todo.kind == EXTRA:
            return DeleteOne({"_id": id_in(op.todo.id)})
        assert op.document is not None
        if op.todo.kind == CHANGED:
            return ReplaceOne({"_id": id_in(op.todo.id)}, op.document)
        return InsertOne(op.document)

    if not ops:
        return
    try:
        _collection(client, namespace).bulk_write([request(op) for op in ops], session=session)
    except BulkWriteError as error:
        first = (error.details.get("writeErrors") or [{}])[0]
        if (why := _REASONS.get(first.get("code", 0))) is None:
            raise
        raise _Refused(ops[first["index"]], why) from error


def _collection(client: MongoClient[Any], namespace: str) -> Any:
    database, _, name = namespace.partition(".")
    return client[database].get_collection(name, codec_options=raw_options())

"""Loads a dump into an empty server: collections with their options first, then documents; no index but ``_id``'s."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

from actions.systems.mongodb.dump_layout import DumpedCollection
from actions.systems.mongodb.programs.bson_files import Batch, read_batches

if TYPE_CHECKING:
    from pymongo import MongoClient

_BATCH_BYTES = 8 << 20
_BATCH_DOCUMENTS = 10_000
_WORKERS = 3
"""Batches on their way at once: the server has all of its processors to do, and we read the next one meanwhile."""
_NOT_CREATED = ("system.views", "system.users", "system.roles", "system.version", "system.js")
"""Collections that a server makes itself, as soon as something is in them."""
_AUTHENTICATION = "authSchema"
_UNDERSTOOD_BY_ITSELF = ("autoIndexId",)
"""Options of old servers that none takes any more: there is always an index of ``_id``."""

Loaded = Callable[[int, str], None]
"""Told how many bytes more were loaded, and of which collection."""


class NotLoaded(Exception):
    """The server does not take a part of a dump."""


def create_collections(client: MongoClient[Any], dump: Sequence[DumpedCollection]) -> None:
    """Create what is dumped, with every option; views last, when what they look at is there.

    Raises:
        NotLoaded: the server does not take one as it is.
    """
    for one in sorted(dump, key=lambda each: each.kind == "view"):
        if one.name in _NOT_CREATED:
            continue
        options = {key: value for key, value in one.options.items() if key not in _UNDERSTOOD_BY_ITSELF}
        _command(client, one.database, {"create": one.name, **options}, one.namespace)


def load_documents(client: MongoClient[Any], dump: Sequence[DumpedCollection], loaded: Loaded) -> int:
    """Insert all documents, and return how many they are.

    Raises:
        NotLoaded: a document is not taken; it is told which collection's.
        CutShort: a file is not whole.
    """
    with ThreadPoolExecutor(_WORKERS) as pool:
        return sum(_load(client, one, pool, loaded) for one in dump if one.data)


def load_by_mongorestore(program: str, address: str, dump: Path, loaded: Loaded) -> None:
    """Have MongoDB's own tool do both.

    Args:
        program: mongorestore.
        address: the server's connection string.
        dump: the dump's folder.
        loaded: called with what it prints; it tells no bytes.

    Raises:
        NotLoaded: it failed; what it said last is in the message.
    """
    argv = [program, "--uri", address, "--noIndexRestore", "--bypassDocumentValidation", "--stopOnError"]
    argv += ["--nsExclude", "config.*", "--nsExclude", "local.*", "--dir", str(dump)]
    done = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    said = ""
    assert done.stdout
    for line in done.stdout:
        said = line.strip() or said
        loaded(0, said)
    if done.wait() != 0:
        raise NotLoaded(f"mongorestore ended with exit status {done.returncode}: {said}")


def _load(client: MongoClient[Any], one: DumpedCollection, pool: ThreadPoolExecutor, loaded: Loaded) -> int:
    """Load one collection; where the order of its documents counts, one batch after the other."""
    assert one.data
    if one.database == "admin" and one.name == "system.version":
        return _load_version(client, one)
    at_once = threading.Semaphore(1 if one.capped else _WORKERS)
    number, waiting = 0, list[Future[None]]()
    for batch in read_batches(one.data, most_bytes=_BATCH_BYTES, most_documents=_BATCH_DOCUMENTS):
        at_once.acquire()
        job = pool.submit(_insert, client, one, batch, loaded)
        job.add_done_callback(lambda _: at_once.release())
        waiting = [*(each for each in waiting if not _ended(each)), job]
        number += len(batch.documents)
    for job in waiting:
        job.result()
    return number


def _ended(job: Future[None]) -> bool:
    """Whether a batch is in; raise where it failed."""
    if job.done():
        job.result()
    return job.done()


def _insert(client: MongoClient[Any], one: DumpedCollection, batch: Batch, loaded: Loaded) -> None:
    from pymongo.errors import BulkWriteError, PyMongoError

    collection = client[one.database][one.into]
    ordered = one.capped
    try:
        collection.insert_many(batch.documents, ordered=ordered, bypass_document_validation=True)
    except BulkWriteError as error:
        first = (error.details.get("writeErrors") or [{}])[0]
        words = f"code {first.get('code')}" if first else "its own words are not known"
        raise NotLoaded(f"{one.namespace}: a document is not taken ({words})") from error
    except PyMongoError as error:
        raise NotLoaded(f"{one.namespace}: {str(error).partition(', full error')[0]}") from error
    loaded(batch.size, one.namespace)


def _load_version(client: MongoClient[Any], one: DumpedCollection) -> int:
    """Load how users are stored; the server's own compatibility version is its own."""
    assert one.data
    for batch in read_batches(one.data, most_bytes=_BATCH_BYTES, most_documents=_BATCH_DOCUMENTS):
        for document in batch.documents:
            if document["_id"] == _AUTHENTICATION:
                client["admin"]["system.version"].replace_one({"_id": _AUTHENTICATION}, document, upsert=True)
    return 0


def _command(client: MongoClient[Any], database: str, command: dict[str, Any], about: str) -> None:
    from pymongo.errors import OperationFailure

    try:
        client[database].command(command)
    except OperationFailure as error:
        raise NotLoaded(f"{about} is not taken: {(error.details or {}).get('errmsg') or error}") from error

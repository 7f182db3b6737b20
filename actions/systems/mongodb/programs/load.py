"""Loads a dump into an empty server: collections with their options first, then documents; no index but ``_id``'s."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

from actions.systems.mongodb.dump_layout import DumpedCollection
from actions.systems.mongodb.programs.bson_files import RawBatch, read_batches, read_raw_batches
from actions.systems.mongodb.programs.wire import Inserter, NotInserted

if TYPE_CHECKING:
    from pymongo import MongoClient

_BATCH_BYTES = 8 << 20
_BATCH_DOCUMENTS = 1000
"""As mongorestore has it. The server is slower with large batches: 300 MB took it 9 s with 10,000, 4 s with these."""
_WORKERS = 2
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


def load_documents(client: MongoClient[Any], socket: Path, dump: Sequence[DumpedCollection], loaded: Loaded) -> int:
    """Insert all documents, and return how many they are.

    Args:
        client: a client of the server.
        socket: the Unix socket that the same server listens on.
        dump: the collections.
        loaded: told how far it is.

    Raises:
        NotLoaded: a document is not taken; it is told which collection's.
        CutShort: a file is not whole.
    """
    workers = _Workers(socket)
    with ThreadPoolExecutor(_WORKERS) as pool:
        try:
            return sum(_load(client, one, pool, workers, loaded) for one in dump if one.data)
        finally:
            workers.close()


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


class _Workers:
    """A connection for each thread."""

    def __init__(self, socket: Path) -> None:
        self._path = socket
        self._mine = threading.local()
        self._all: list[Inserter] = []

    def mine(self) -> Inserter:
        """Return this thread's connection."""
        found: Inserter | None = getattr(self._mine, "inserter", None)
        if found is None:
            found = self._mine.inserter = Inserter(self._path)
            self._all.append(found)
        return found

    def close(self) -> None:
        """Close them all."""
        for each in self._all:
            each.close()


def _load(
    client: MongoClient[Any], one: DumpedCollection, pool: ThreadPoolExecutor, workers: _Workers, loaded: Loaded
) -> int:
    """Load one collection; where the order of its documents counts, one batch after the other."""
    assert one.data
    if one.database == "admin" and one.name == "system.version":
        return _load_version(client, one)
    at_once = threading.Semaphore(1 if one.capped else _WORKERS)
    number, waiting = 0, list[Future[None]]()
    for batch in read_raw_batches(one.data, most_bytes=_BATCH_BYTES, most_documents=_BATCH_DOCUMENTS):
        at_once.acquire()
        job = pool.submit(_insert, workers, one, batch, loaded)
        job.add_done_callback(lambda _: at_once.release())
        waiting = [*(each for each in waiting if not _ended(each)), job]
        number += batch.number
    for job in waiting:
        job.result()
    return number


def _ended(job: Future[None]) -> bool:
    """Whether a batch is in; raise where it failed."""
    if job.done():
        job.result()
    return job.done()


def _insert(workers: _Workers, one: DumpedCollection, batch: RawBatch, loaded: Loaded) -> None:
    try:
        workers.mine().insert(one.database, one.into, batch.data, ordered=one.capped)
    except (NotInserted, OSError) as error:
        raise NotLoaded(f"{one.namespace}: {error}") from error
    loaded(len(batch.data), one.namespace)


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

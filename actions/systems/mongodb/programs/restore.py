"""Restores a dump into an empty data directory and replays oplog over it, in a server that nobody else reaches.

``python -m actions.systems.mongodb.programs.restore ORDER.json``. It says how far it is, a line now and then, and at
its end a line of JSON (`Restored`). Run again it begins anew: what an attempt that was killed left is removed.
"""

from __future__ import annotations

import shutil
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from actions.backups.repository.stock import DataFile, Files, Stock, size_of
from actions.systems.mongodb import dump_layout
from actions.systems.mongodb.dump_layout import DumpedCollection
from actions.systems.mongodb.login_block import blocked_document
from actions.systems.mongodb.programs import load, wanted_indexes
from actions.systems.mongodb.programs.bson_files import CutShort, read_batches
from actions.systems.mongodb.programs.oplog_entries import Stopped, Target
from actions.systems.mongodb.programs.oplog_replay import Replay
from actions.systems.mongodb.programs.private_server import DoesNotRun, PrivateServer, private_server
from actions.systems.mongodb.programs.wanted_indexes import WantedIndexes
from journal.errors import CleoError
from journal.structs import from_json

if TYPE_CHECKING:
    from pymongo import MongoClient

_SAY_S = 2.0
_BATCH_BYTES, _BATCH_ENTRIES = 16 << 20, 5000
SAYS = "restored "
"""What the line with the result begins with."""
FAILED = 1


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """What to restore, and how.

    Attributes:
        mongod: the program.
        options: options that the form of the server's files depends on.
        data: the data directory. Whatever is in it is removed.
        log: the file that the server writes its log to.
        dump: the dump's folder.
        bucket: what lies in a bucket of these; None: all are paths of this host.
        oplog: files of oplog entries, in their order: the dump's own, and slices after it.
        consistent_at: the position from which on the dump is of one moment, once its oplog is replayed.
        through, before: up to where, as in `Target`.
        fcv: the feature compatibility version of the server that was dumped.
        indexes: the file to write into which indexes there are to be.
        kept_out: users of the application, as ``database.user``: they have no roles until writers are allowed again.
        incident: whose restore it is.
        mongorestore: MongoDB's own tool; empty: we insert.
    """

    mongod: str
    data: str
    log: str
    dump: str
    indexes: str
    options: Sequence[str] = ()
    bucket: Stock | None = None
    oplog: Sequence[str] = ()
    consistent_at: str = ""
    through: str = ""
    before: datetime | None = None
    fcv: str = ""
    kept_out: Sequence[str] = ()
    incident: str = ""
    mongorestore: str = ""


class Restored(msgspec.Struct, frozen=True, kw_only=True):
    """What came of it.

    Attributes:
        collections, documents, size: how many were restored from the dump; bytes of them.
        applied: changes that were replayed.
        last, last_at: the last oplog entry that counts, its position and when it was written.
        newest_at: when the newest change that was replayed was made; None: none was.
        first_open, first_open_at: the first entry beyond the target, and when it was written; empty: there was none.
        changed: by collection, how many documents more it has than in the dump (as `Replay.changed`).
        redefined: collections that the replay made, dropped or renamed; ``altered``: that it gave other options.
        unfinished: transactions that were begun before the target and not committed.
        stopped_at, stopped_why: the entry before which replay had to stop, and why; empty: it came to its target.
        load_s, replay_s: seconds they took.
    """

    collections: int
    documents: int
    size: int
    applied: int = 0
    last: str = ""
    last_at: datetime | None = None
    newest_at: datetime | None = None
    first_open: str = ""
    first_open_at: datetime | None = None
    changed: Mapping[str, int] = {}
    redefined: Sequence[str] = ()
    altered: Sequence[str] = ()
    unfinished: int = 0
    stopped_at: str = ""
    stopped_why: str = ""
    load_s: float = 0.0
    replay_s: float = 0.0


class _Progress:
    """Says how far it is, a line every two seconds."""

    def __init__(self, of: int) -> None:
        self._of, self._done, self._said = of, 0, time.monotonic()
        self._lock = threading.Lock()

    def more(self, size: int, what: str) -> None:
        """Take note of further bytes."""
        with self._lock:
            self._done += size
            if time.monotonic() - self._said >= _SAY_S:
                self._said = time.monotonic()
                print(f"{self._done >> 20} of {self._of >> 20} MB: {what}", flush=True)


def main(argv: Sequence[str]) -> int:
    """Do what the order says, and return the exit status."""
    order = from_json(Path(argv[0]).read_bytes(), Order)
    try:
        restored = restore(order)
    except (CleoError, load.NotLoaded, CutShort, DoesNotRun, OSError) as error:
        print(f"ERROR: {' '.join(str(error).split())}", file=sys.stderr)
        return FAILED
    print(f"{SAYS}{msgspec.json.encode(restored).decode()}", flush=True)
    return 0


def restore(order: Order) -> Restored:
    """Restore, replay, and end the server cleanly.

    Raises:
        CleoError, NotLoaded, CutShort, DoesNotRun, OSError: it cannot be done.
    """
    files = Files(order.bucket)
    dump = dump_layout.read_dumped(files.below(order.dump), order.dump)
    oplog = [files.one(path) for path in order.oplog]
    sizes = [size_of(file) for file in oplog]
    data = sum(one.size for one in dump)
    progress = _Progress(data + sum(sizes))
    _empty(Path(order.data))
    Path(order.log).unlink(missing_ok=True)
    with private_server(order.mongod, Path(order.data), Path(order.log), order.options) as server:
        with server.client() as client:
            _be_compatible(client, order.fcv)
            begun = time.monotonic()
            documents = _load(order, server, client, dump, progress.more)
            loaded = time.monotonic()
            indexes = WantedIndexes({one.namespace: one.indexes for one in dump})
            replay, stopped = _replay(order, oplog, client, indexes, progress.more)
            _keep_out(client, order)
            wanted_indexes.save(indexes, Path(order.indexes))
            ended = time.monotonic()
        server.stop()
    return Restored(
        collections=len(dump),
        documents=documents,
        size=data,
        applied=replay.applied,
        last=replay.last,
        last_at=replay.last_at,
        newest_at=replay.newest_at,
        first_open=replay.first_open,
        first_open_at=replay.first_open_at,
        changed=replay.changed,
        redefined=sorted(replay.redefined),
        altered=sorted(replay.altered),
        unfinished=replay.unfinished,
        stopped_at=stopped.at if stopped else "",
        stopped_why=stopped.why if stopped else "",
        load_s=round(loaded - begun, 2),
        replay_s=round(ended - loaded, 2),
    )


def _empty(folder: Path) -> None:
    """Make an empty data directory; what is in it stays the folder it is: it may be a mount point."""
    folder.mkdir(mode=0o700, exist_ok=True)
    for path in folder.iterdir():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()


def _be_compatible(client: MongoClient[Any], fcv: str) -> None:
    """Give the server the dumped one's feature compatibility version."""
    from pymongo.errors import OperationFailure

    if not fcv:
        return
    try:
        client.admin.command("setFeatureCompatibilityVersion", fcv)
    except OperationFailure as error:
        raise load.NotLoaded(f"the feature compatibility version {fcv} is not taken: {error}") from error


def _keep_out(client: MongoClient[Any], order: Order) -> None:
    """Take the application's users their roles, before anybody can reach the server."""
    users = client.admin["system.users"]
    for name in order.kept_out:
        if document := users.find_one({"_id": name}):
            users.replace_one({"_id": name}, blocked_document(document, order.incident))


def _load(
    order: Order, server: PrivateServer, client: MongoClient[Any], dump: Sequence[DumpedCollection], more: load.Loaded
) -> int:
    if order.mongorestore:
        load.load_by_mongorestore(order.mongorestore, server.address, Path(order.dump), more)
        return sum(client[one.database][one.into].estimated_document_count() for one in dump if one.data)
    load.create_collections(client, dump)
    return load.load_documents(client, server.socket, dump, more)


def _replay(
    order: Order,
    oplog: Sequence[DataFile],
    client: MongoClient[Any],
    indexes: WantedIndexes,
    more: Callable[[int, str], None],
) -> tuple[Replay, Stopped | None]:
    """Replay the files up to the target; return how far it came, and what stopped it."""
    replay = Replay(client, indexes, Target(through=order.through, before=order.before), order.consistent_at)
    try:
        for file in oplog:
            if not _replay_file(replay, file, more):
                break
        replay.finish()
    except Stopped as stopped:
        return replay, stopped
    return replay, None


def _replay_file(replay: Replay, path: DataFile, more: Callable[[int, str], None]) -> bool:
    """Replay one file; return False where the target was reached in it."""
    for batch in read_batches(path, most_bytes=_BATCH_BYTES, most_documents=_BATCH_ENTRIES):
        for entry in batch.documents:
            if not replay.entry(entry):
                return False
        more(batch.size, f"oplog up to {replay.last}")
    return True


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

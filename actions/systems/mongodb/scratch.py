"""Restores a backup once, in a server that nobody else reaches, checks all of it, and removes it again.

``python -m actions.systems.mongodb.scratch ORDER``, a `ScratchOrder` in JSON. It says how far it is, a line
now and then, and at its end a line of JSON (`Tried`). Ends with 6 where its folder cannot be had.
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from actions.backups.repository.stock import Files, text_of
from actions.machine.scratch_folder import NOT_HAD, CannotHave, scratch_folder
from actions.systems.mongodb.collection_check import Expected, check, newest_document, present
from actions.systems.mongodb.index_comparison import compare_indexes
from actions.systems.mongodb.index_failure import index_failure
from actions.systems.mongodb.manifest import decode_manifest
from actions.systems.mongodb.programs import load
from actions.systems.mongodb.programs.bson_files import CutShort
from actions.systems.mongodb.programs.private_server import DoesNotRun, private_server
from actions.systems.mongodb.programs.restore import FAILED, SAYS, Order, Restored, restore
from actions.systems.mongodb.programs.wanted_indexes import WantedIndexes, decode
from actions.systems.mongodb.wanted import definitions_of
from journal.errors import CleoError
from journal.structs import from_json

if TYPE_CHECKING:
    from pymongo import MongoClient

_BAD = ("wrong", "missing", "new", "unsound")


class ScratchOrder(msgspec.Struct, frozen=True, kw_only=True):
    """What to try.

    Attributes:
        folder: where; it is made, and removed at the end.
        order: the restore, with the paths of its oplog below ``repository``, and of its own files below ``folder``.
        repository: the folder with the server's backups.
        manifest: the manifest of the dump.
        heartbeat: the collection (``database.collection``) whose field ``at`` tells when it was written.
    """

    folder: str
    order: Order
    repository: str
    manifest: str
    heartbeat: str = ""


class Tried(msgspec.Struct, frozen=True, kw_only=True):
    """What came of it.

    Attributes:
        restored: what was restored and replayed.
        states: how many collections are in which state (as `collection_check.Case.state`).
        wrong: what is not as it is to be: collections, then indexes, each with why.
        documents: how many there are.
        indexes: how many were built.
        newest: the newest heartbeat that came back.
        restore_s, index_s, check_s: seconds for restoring and replaying, for building indexes, for comparing.
    """

    restored: Restored
    states: Mapping[str, int]
    wrong: Sequence[str] = ()
    documents: int = 0
    indexes: int = 0
    newest: datetime | None = None
    restore_s: float = 0.0
    index_s: float = 0.0
    check_s: float = 0.0


def main(argv: Sequence[str]) -> int:
    """Do what the order says, and return the exit status."""
    wanted = from_json(argv[0], ScratchOrder)
    try:
        with scratch_folder(Path(wanted.folder)):
            tried = try_once(wanted)
    except CannotHave as error:
        print(error.message, file=sys.stderr)
        return NOT_HAD
    except (CleoError, load.NotLoaded, CutShort, DoesNotRun, OSError) as error:
        print(f"ERROR: {' '.join(str(error).split())}", file=sys.stderr)
        return FAILED
    print(f"{SAYS}{msgspec.json.encode(tried).decode()}", flush=True)
    return 0


def try_once(wanted: ScratchOrder) -> Tried:
    """Restore, replay, build the indexes, and compare all of it with the manifest.

    Raises:
        CleoError, NotLoaded, CutShort, DoesNotRun, OSError: it cannot be done.
    """
    begun = time.monotonic()
    order = msgspec.structs.replace(wanted.order, oplog=[f"{wanted.repository}/{path}" for path in wanted.order.oplog])
    restored = restore(order)
    ended = time.monotonic()
    indexes = decode(Path(order.indexes).read_text(encoding="utf-8"))
    with (
        private_server(order.mongod, Path(order.data), Path(order.log), order.options) as server,
        server.client(tz_aware=True) as client,
    ):
        built, failed = build(client, indexes)
        indexed = time.monotonic()
        tried = _checked(client, wanted, restored)
        compared = compare_indexes(client, indexes)
    missing = [f"{name}: the index is missing" for name in compared.names if not any(name in each for each in failed)]
    missing += [f"{namespace}: gone, and was to have indexes" for namespace in compared.gone]
    return msgspec.structs.replace(
        tried,
        wrong=[*tried.wrong, *failed, *missing],
        indexes=built,
        restore_s=round(ended - begun, 2),
        index_s=round(indexed - ended, 2),
        check_s=round(time.monotonic() - indexed, 2),
    )


def build(client: MongoClient[dict[str, Any]], indexes: WantedIndexes) -> tuple[int, list[str]]:
    """Build all indexes; return how many were, and which cannot be, each with why.

    Raises:
        PyMongoError: the server cannot be asked.
    """
    from pymongo.errors import OperationFailure

    built, failed = 0, list[str]()
    for namespace, specs in compare_indexes(client, indexes).missing.items():
        database, _, collection = namespace.partition(".")
        for spec in specs:
            try:
                client[database].command("createIndexes", collection, indexes=[spec])
                built += 1
            except OperationFailure as error:
                found = index_failure(client, namespace, spec, error)
                failed.append(f"{found.about}: {found.text}")
        print(f"indexes of {namespace} built", flush=True)
    return built, failed


def _checked(client: MongoClient[dict[str, Any]], wanted: ScratchOrder, restored: Restored) -> Tried:
    """Compare every collection with the manifest, as far as the replay lets it be known what it is to be."""
    manifest = decode_manifest(text_of(Files(wanted.order.bucket).one(wanted.manifest)), wanted.manifest)
    expected = Expected(manifest=manifest, definitions=definitions_of(manifest), restored=restored, written=())
    states, documents, wrong = Counter[str](), 0, list[str]()
    for case in check(client, present(client), expected):
        states[case.state] += 1
        documents += case.count
        if case.state in _BAD:
            wrong.append(f"{case.namespace}: {case.text}")
    return Tried(
        restored=restored,
        states=states,
        wrong=wrong,
        documents=documents,
        newest=newest_document(client, wanted.heartbeat),
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""A dump by our own program: every document as it was at one position of the oplog."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from actions.backups.repository.writing import Staged
from actions.systems.mongodb.dump_layout import DUMP, OPLOG, definition_text, metadata_file
from actions.systems.mongodb.oplog_position import format_position
from actions.systems.mongodb.programs.definitions import Sized
from actions.systems.mongodb.programs.dumped import NewDump, state_of, undone
from actions.systems.mongodb.programs.oplog_slice import copy_slice, oldest_open
from actions.systems.mongodb.programs.read_documents import TOO_LATE, Documents, read_documents, snapshot
from actions.systems.mongodb.programs.request import Request, refusal
from actions.systems.mongodb.programs.source import Source

if TYPE_CHECKING:
    from bson.timestamp import Timestamp

_TELL_EVERY_S = 2.0


def dump_snapshot(source: Source, request: Request, backup: Staged, at: Timestamp, found: Sequence[Sized]) -> NewDump:
    """Write all documents as they were at a position, and the oplog from there on.

    Args:
        source: the server.
        request: which collection has the heartbeats.
        backup: what it is written into.
        at: the position; a majority of the set has it.
        found: what is to be dumped.

    Raises:
        CannotBackUp: the oplog is too short, or a collection cannot be read.
        PyMongoError: the server cannot be asked.
        OSError: a file cannot be written.
    """
    first, heartbeat = oldest_open(source, at), _heartbeat(source, request, at)
    tell = _Teller(sum(one.size for one in found))
    read = {one.what.namespace: _write(source, backup, one, at, tell) for one in found}
    slice_ = copy_slice(source, backup.new(f"{DUMP}/{OPLOG}"), first, source.majority_position(), at=at)
    states = {}
    for one in found:
        documents = read[one.what.namespace]
        contents, newest = (documents.contents, documents.newest_id_at) if documents else (None, None)
        states[one.what.namespace] = state_of(one.what, contents, slice_, newest)
    return NewDump(
        at=format_position(at),
        slice=slice_,
        states=states,
        later=[name for name, one in read.items() if one and one.later and slice_.changed.get(name)],
        undone=undone(states, slice_),
        heartbeat=heartbeat,
    )


def _write(source: Source, backup: Staged, one: Sized, at: Timestamp, tell: _Teller) -> Documents | None:
    """Write a collection's definition and documents; return what was read, None of a view."""
    from pymongo.errors import PyMongoError

    namespace = one.what.namespace
    with backup.new(str(metadata_file(Path(DUMP), one.what.database, one.what.name))) as file:
        file.write(definition_text(one.what).encode())
    if one.what.kind == "view":
        return None
    try:
        return read_documents(source, backup, one.what, one.size, at, tell.about(namespace))
    except PyMongoError as error:
        raise refusal(error, source.name, f"{namespace} was read") from error


def _heartbeat(source: Source, request: Request, at: Timestamp) -> datetime | None:
    """Return the newest heartbeat that the dump will hold; asked while the server still knows that moment."""
    from pymongo.errors import OperationFailure
    from pymongo.read_concern import ReadConcern

    database, _, collection = request.heartbeat.partition(".")
    if not collection:
        return None
    beats = source.client[database][collection]
    newest: list[tuple[str, int]] = [("at", -1)]
    try:
        found = beats.with_options(read_concern=snapshot(at)).find_one({}, {"at": 1}, sort=newest)
    except OperationFailure as error:
        if error.code not in TOO_LATE:
            raise
        found = beats.with_options(read_concern=ReadConcern("majority")).find_one({}, {"at": 1}, sort=newest)
    when = found.get("at") if found else None
    return when.astimezone(UTC) if isinstance(when, datetime) else None


class _Teller:
    """Says every two seconds how much was read."""

    def __init__(self, of: int) -> None:
        self._of, self._read, self._told = of, 0, 0.0

    def about(self, namespace: str) -> Callable[[int], None]:
        def told(size: int) -> None:
            self._read += size
            if time.monotonic() - self._told >= _TELL_EVERY_S:
                self._told = time.monotonic()
                print(json.dumps({"read": self._read, "of": max(self._of, self._read), "what": namespace}), flush=True)

        return told

"""Reads a collection's documents at one position of the oplog into a file, in the order in which ``dbHash`` does."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from actions.backups.repository.writing import Staged
from actions.backups.storage.storage import Writable
from actions.systems.mongodb.contents import Contents
from actions.systems.mongodb.dump_layout import DUMP, DumpedCollection, data_file
from actions.systems.mongodb.programs.source import Source

if TYPE_CHECKING:
    from bson.timestamp import Timestamp
    from pymongo.read_concern import ReadConcern

_ORDERED_BYTES = 4 << 30
"""Up to this size a collection is read in the order of ``_id``: of one that does not fit into memory, reading it by
its index may take many times as long as reading it from one end to the other."""

TOO_LATE = (72, 239, 246)
"""InvalidOptions, SnapshotTooOld, SnapshotUnavailable: the server cannot read at that moment (before MongoDB 5.0), or
does not have it any more (it keeps five minutes)."""


class Documents(NamedTuple):
    """What was read of one collection.

    Attributes:
        contents: counts and digests.
        later: whether it was read at a later moment than the position that was asked for.
        newest_id_at: when the newest ``_id`` was made, where the last one that was read is an ObjectId.
    """

    contents: Contents
    later: bool
    newest_id_at: datetime | None


def read_documents(
    source: Source, backup: Staged, what: DumpedCollection, size: int, at: Timestamp, told: Callable[[int], None]
) -> Documents:
    """Write a collection's documents into its file.

    What cannot be read at the position is read as the majority of the set has it now: a capped collection, and one
    whose turn comes after the server forgot that moment.

    Args:
        source: the server.
        backup: what it is written into.
        what: the collection.
        size: about how many bytes it has.
        at: the position to read it at.
        told: is told how many bytes were read, each time.

    Raises:
        PyMongoError: it cannot be read.
        OSError: the file cannot be written.
    """
    from pymongo.errors import OperationFailure
    from pymongo.read_concern import ReadConcern

    name = str(data_file(Path(DUMP), what.database, what.into))
    if not what.capped:
        try:
            return _copy(source, backup.new(name), what, size, snapshot(at), told, later=False)
        except OperationFailure as error:
            if error.code not in TOO_LATE:
                raise
    return _copy(source, backup.new(name), what, size, ReadConcern("majority"), told, later=True)


def _copy(
    source: Source,
    new: AbstractContextManager[Writable],
    what: DumpedCollection,
    size: int,
    concern: ReadConcern,
    told: Callable[[int], None],
    *,
    later: bool,
) -> Documents:
    hint, in_order = _way(what, size)
    contents, newest = Contents(in_order=in_order), b""
    with new as file:
        for batch in _batches(source, what, concern, hint):
            file.write(batch)
            newest = batch[contents.add(batch) :]
            told(len(batch))
    return Documents(contents, later, _made_at(newest) if in_order and newest else None)


def _batches(source: Source, what: DumpedCollection, concern: ReadConcern, hint: Any) -> Iterator[bytes]:
    collection = source.client[what.database].get_collection(what.into, read_concern=concern)
    found: Iterator[bytes] = collection.find_raw_batches({}, hint=hint, no_cursor_timeout=True)
    return found


def _way(what: DumpedCollection, size: int) -> tuple[list[tuple[str, int]], bool]:
    """Return how to read a collection, and whether ``dbHash`` reads it in that order.

    It reads what is capped, or lies in the order of its key (a time series' buckets), as it lies.
    """
    natural, by_id = [("$natural", 1)], [("_id", 1)]
    clustered = what.kind == "timeseries" or "clusteredIndex" in what.options
    if what.capped or clustered:
        return natural, True
    has_id = any(dict(each["key"]) == {"_id": 1} for each in what.indexes)
    return (by_id, True) if has_id and size <= _ORDERED_BYTES else (natural, False)


def _made_at(document: bytes) -> datetime | None:
    """Return when a document's ``_id`` was made, where that is an ObjectId."""
    from bson.objectid import ObjectId
    from bson.raw_bson import RawBSONDocument

    found = RawBSONDocument(document).get("_id")
    return found.generation_time.astimezone(UTC) if isinstance(found, ObjectId) else None


def snapshot(at: Timestamp) -> ReadConcern:
    """Return the read concern ``snapshot`` at a position: all that a majority had then, and nothing later."""
    from pymongo.read_concern import ReadConcern

    class At(ReadConcern):
        @property
        def document(self) -> dict[str, Any]:
            return {**super().document, "atClusterTime": at}

    return At("snapshot")

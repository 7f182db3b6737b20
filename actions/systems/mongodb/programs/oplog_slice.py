"""Copies a part of a server's oplog into a file, proves that nothing is missing in it, and counts what it changes."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from actions.backups.storage.storage import Writable
from actions.systems.mongodb.dump_layout import BUCKETS
from actions.systems.mongodb.oplog_position import format_position
from actions.systems.mongodb.programs.bson_files import read_batches
from actions.systems.mongodb.programs.request import GAP, CannotBackUp
from actions.systems.mongodb.programs.source import Source

if TYPE_CHECKING:
    from bson.raw_bson import RawBSONDocument
    from bson.timestamp import Timestamp

_FULL = "Take a full backup; a larger oplog (replSetResizeOplog) lets them be further apart."
_BATCH_BYTES, _BATCH_ENTRIES = 8 << 20, 5000
_TRANSACTION_COMMANDS = ("applyOps", "commitTransaction", "abortTransaction")


class Slice(msgspec.Struct, frozen=True, kw_only=True):
    """A part of the oplog in a file.

    Attributes:
        first: the position of its first entry; ``last``: of its last.
        first_entry: the SHA-256 of the first entry; ``last_entry``: of the last.
        entries: how many there are.
        changed: how many documents were changed after the position that the dump was read at, by namespace; of a time
            series by its own.
        defined: by namespace, which commands changed a definition after it (create, drop, collMod…); by
            ``database.$cmd`` what was about a whole database.
        until: when the last entry was written, by the server's clock.
    """

    first: str
    last: str
    first_entry: str
    last_entry: str
    entries: int
    changed: Mapping[str, int]
    defined: Mapping[str, list[str]]
    until: Any


def oldest_open(source: Source, position: Timestamp) -> Timestamp:
    """Return where a slice for a dump at ``position`` begins: with the oldest transaction that is not decided there.

    A large or prepared transaction's changes lie in the oplog before its commit does (mongodump does the same).
    """
    opened = {"state": {"$in": ["prepared", "inProgress"]}, "startOpTime.ts": {"$exists": True}}
    found = source.client.config.transactions.find_one(opened, sort=[("startOpTime.ts", 1)])
    return min(position, found["startOpTime"]["ts"]) if found else position


def copy_slice(
    source: Source,
    new: AbstractContextManager[Writable],
    first: Timestamp,
    last: Timestamp,
    *,
    entry: str = "",
    at: Timestamp | None = None,
) -> Slice:
    """Copy all entries from one position to another.

    Args:
        source: the server.
        new: the file that they are written into.
        first: the entry to begin with; it must still be there.
        last: the entry to end with.
        entry: the SHA-256 that the first entry must have; empty: any.
        at: the position that the dump was read at; None: the first entry's.

    Raises:
        CannotBackUp: entries are missing (``why`` is ``gap``).
        OSError: the file cannot be written.
    """
    found = _Found(at or first)
    with new as file:
        for raw in _entries(source, first, last):
            if not found.entries:
                _require_begun(source, raw, first, entry)
            file.write(bytes(raw.raw))
            found.add(raw)
    if not found.entries:
        _require_begun(source, None, first, entry)
    if found.last != last:
        raise CannotBackUp(
            f"The oplog of {source.name} was read up to {format_position(found.last)}, and not to its entry "
            f"{format_position(last)}.",
            _FULL,
            GAP,
        )
    return found.slice()


def read_slice(path: Path) -> Slice:
    """Return what a file of oplog entries holds.

    Raises:
        ValueError: it holds none.
        CutShort: it does not end with an entry.
        OSError: it cannot be read.
    """
    found = _Found(None)
    for batch in read_batches(path, most_bytes=_BATCH_BYTES, most_documents=_BATCH_ENTRIES):
        for raw in batch.documents:
            found.add(raw)
    return found.slice()


def _entries(source: Source, first: Timestamp, last: Timestamp) -> Iterator[RawBSONDocument]:
    from bson.codec_options import CodecOptions
    from bson.raw_bson import RawBSONDocument
    from pymongo.read_concern import ReadConcern

    as_they_are = CodecOptions(document_class=RawBSONDocument, tz_aware=True)
    oplog = source.client.local.get_collection(
        "oplog.rs", codec_options=as_they_are, read_concern=ReadConcern("majority")
    )
    found: Iterator[RawBSONDocument] = oplog.find({"ts": {"$gte": first, "$lte": last}}, sort=[("$natural", 1)])
    return found


def _require_begun(source: Source, raw: RawBSONDocument | None, first: Timestamp, entry: str) -> None:
    """Prove that the slice begins with the entry that the backups end with.

    From the times of entries alone a gap cannot be seen (percona-backup-mongodb#421).
    """
    if raw is not None and raw["ts"] == first:
        if entry and hashlib.sha256(raw.raw).hexdigest() != entry:
            raise CannotBackUp(
                f"The oplog of {source.name} has another entry at {format_position(first)} than the backups: it is "
                "another history (the data was restored or rolled back since).",
                _FULL,
                GAP,
            )
        return
    oldest = source.client.local["oplog.rs"].find_one({}, {"ts": 1}, sort=[("$natural", 1)])
    begins = format_position(oldest["ts"]) if oldest else "nowhere"
    why = "was overwritten since" if oldest and oldest["ts"] > first else "is another history, or was made anew"
    raise CannotBackUp(
        f"There is a gap: the backups end with the entry {format_position(first)}, and the oplog of {source.name}, "
        f"which begins at {begins}, {why}.",
        _FULL,
        GAP,
    )


class _Found:
    """What the entries that were read so far come to."""

    def __init__(self, at: Timestamp | None) -> None:
        self.entries = 0
        self._at = at
        self.changed: Counter[str] = Counter()
        self.defined: dict[str, list[str]] = {}
        self._first: RawBSONDocument | None = None
        self._last: RawBSONDocument | None = None

    @property
    def last(self) -> Any:
        return self._last["ts"] if self._last else None

    def add(self, raw: RawBSONDocument) -> None:
        self.entries += 1
        self._first = self._first or raw
        self._last = raw
        self._at = self._at or raw["ts"]
        if raw["ts"] > self._at or "applyOps" in raw["o"]:  # a transaction before it may be decided after it
            self._count(raw)

    def _count(self, entry: Mapping[str, Any]) -> None:
        kind, namespace = entry["op"], str(entry["ns"])
        if kind in ("i", "u", "d"):
            database, _, collection = namespace.partition(".")
            self.changed[f"{database}.{collection.removeprefix(BUCKETS)}"] += 1
        elif kind == "c":
            self._command(namespace.partition(".")[0], entry["o"])

    def _command(self, database: str, command: Mapping[str, Any]) -> None:
        name = next(iter(command))
        if name == "applyOps":
            for inner in command["applyOps"]:
                self._count(inner)
        elif name == "renameCollection":
            for namespace in (command[name], command["to"]):
                self.defined.setdefault(str(namespace), []).append(name)
        elif name == "dropDatabase":
            self.defined.setdefault(f"{database}.$cmd", []).append(name)
        elif name not in _TRANSACTION_COMMANDS:
            collection = str(command[name]).removeprefix(BUCKETS)
            self.defined.setdefault(f"{database}.{collection}", []).append(name)

    def slice(self) -> Slice:
        first, last = self._first, self._last
        if first is None or last is None:
            raise ValueError("there is no entry of an oplog")
        return Slice(
            first=format_position(first["ts"]),
            last=format_position(last["ts"]),
            first_entry=hashlib.sha256(first.raw).hexdigest(),
            last_entry=hashlib.sha256(last.raw).hexdigest(),
            entries=self.entries,
            changed=dict(self.changed),
            defined=self.defined,
            until=last.get("wall"),
        )

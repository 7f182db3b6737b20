"""A full backup: every document as it was at one position of the oplog, and the oplog from there to the dump's end."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from actions.backups.repository.entry import Covers, Entry
from actions.backups.repository.writing import Staged
from actions.systems.mongodb.dump_layout import OPLOG, DumpedCollection, definition_text, write_definition
from actions.systems.mongodb.manifest import MANIFEST, CollectionState, Manifest, encode_manifest
from actions.systems.mongodb.oplog_position import format_position
from actions.systems.mongodb.programs.definitions import Sized, read_definitions
from actions.systems.mongodb.programs.oplog_slice import Slice, copy_slice, oldest_open
from actions.systems.mongodb.programs.read_documents import Documents, read_documents, snapshot
from actions.systems.mongodb.programs.request import CannotBackUp, Request
from actions.systems.mongodb.programs.source import Source

if TYPE_CHECKING:
    from bson.timestamp import Timestamp

_TRIES = 3
_TELL_EVERY_S = 0.5
_OPLOG_ROOM = 64 << 20
"""Bytes that are left free for the oplog slice, beside the documents."""
_UNDOING = ("create", "drop", "dropDatabase", "renameCollection", "convertToCapped")
"""What makes a collection of the dump another one than it was when the dump began."""


def write_full(source: Source, request: Request, backup: Staged) -> Entry:
    """Dump everything, and make a backup of it.

    Raises:
        CannotBackUp: there is no room, collections come and go faster than they are read, or the oplog is too short.
        PyMongoError: the server cannot be read.
        OSError: a file cannot be written.
    """
    for _ in range(_TRIES):
        dump = backup.folder / "dump"
        shutil.rmtree(dump, ignore_errors=True)
        taken = _dump(source, request, dump)
        if not taken.undone:
            return _finish(source, request, backup, taken)
        print(json.dumps({"again": taken.undone}), flush=True)
    raise CannotBackUp(
        f"While it was dumped, collections were made, dropped or renamed each time: {', '.join(taken.undone[:5])}.",
        "Take it at a time when nothing does that, or stop what does.",
    )


class _Taken(msgspec.Struct, kw_only=True):
    """A dump that was just written: read ``at`` a position, but for what was read ``later`` and changed meanwhile."""

    at: str
    slice: Slice
    states: Mapping[str, CollectionState]
    later: Sequence[str]
    undone: Sequence[str]
    heartbeat: datetime | None


def _dump(source: Source, request: Request, dump: Path) -> _Taken:
    at = source.majority_position()
    first = oldest_open(source, at)
    found = read_definitions(source.client)
    _require_room(dump.parent, found)
    tell = _Teller(sum(one.size for one in found))
    read = {one.what.namespace: _write(source, dump, one, at, tell) for one in found}
    slice_ = copy_slice(source, dump / OPLOG, first, source.majority_position())
    dumped = {one.what.namespace: one.what for one in found}
    return _Taken(
        at=format_position(at),
        slice=slice_,
        states={name: _state(what, read[name], slice_) for name, what in dumped.items()},
        later=[name for name, one in read.items() if one and one.later and slice_.changed.get(name)],
        undone=_undone(dumped, slice_),
        heartbeat=_heartbeat(source, request, at),
    )


def _write(source: Source, dump: Path, one: Sized, at: Timestamp, tell: _Teller) -> Documents | None:
    """Write a collection's definition and documents; return what was read, None of a view."""
    write_definition(dump, one.what)
    if one.what.kind == "view":
        return None
    return read_documents(source, dump, one.what, one.size, at, tell.about(one.what.namespace))


def _state(what: DumpedCollection, read: Documents | None, slice_: Slice) -> CollectionState:
    definition = definition_text(what)
    if read is None:
        return CollectionState(kind=what.kind, definition=definition)
    return CollectionState(
        kind=what.kind,
        count=read.contents.count,
        size=read.contents.size,
        md5=read.contents.md5,
        digest=read.contents.digest,
        changed=slice_.changed.get(what.namespace, 0),
        newest_id_at=read.newest_id_at,
        definition=definition,
    )


def _undone(dumped: Mapping[str, DumpedCollection], slice_: Slice) -> list[str]:
    """Return which collections of the dump were made, dropped or renamed while it was taken, or were in no definition.

    Such a one is not there any more at the position that the others are read at, and reads as empty.
    """
    found = []
    for name, commands in slice_.defined.items():
        database = name.partition(".")[0]
        known = name in dumped or (name.endswith(".$cmd") and any(one.startswith(f"{database}.") for one in dumped))
        if known and any(command in _UNDOING for command in commands):
            found.append(name)
    return found


def _finish(source: Source, request: Request, backup: Staged, taken: _Taken) -> Entry:
    manifest = Manifest(
        version=source.version,
        fcv=source.fcv,
        first=taken.slice.first,
        last=taken.slice.last,
        read_at="" if taken.later else taken.at,
        read_later=tuple(taken.later),
        heartbeat=taken.heartbeat,
        collections=taken.states,
    )
    (backup.folder / MANIFEST).write_bytes(encode_manifest(manifest))
    until = taken.slice.until
    return backup.finish(
        "mongodb",
        covers=Covers(from_=manifest.read_at or taken.slice.last, to=taken.slice.last),
        consistent_at=until,
        server={"version": source.version, "fcv": source.fcv, "set": source.set_name},
        facts={
            "collections": len(taken.states),
            "documents": sum(state.count for state in taken.states.values()),
            "read_at": manifest.read_at,
            "entries": taken.slice.entries,
            "last_entry": taken.slice.last_entry,
            "primary": source.primary,
            "tool": "mongodump" if request.tool else "",
        },
    )


def _heartbeat(source: Source, request: Request, at: Timestamp) -> datetime | None:
    """Return the newest heartbeat that the dump holds."""
    database, _, collection = request.heartbeat.partition(".")
    if not collection:
        return None
    beats = source.client[database].get_collection(collection, read_concern=snapshot(at))
    found = beats.find_one({}, {"at": 1}, sort=[("at", -1)])
    when = found.get("at") if found else None
    return when.astimezone(UTC) if isinstance(when, datetime) else None


def _require_room(folder: Path, found: Sequence[Sized]) -> None:
    needed, free = sum(one.size for one in found) + _OPLOG_ROOM, shutil.disk_usage(folder).free
    if needed > free:
        raise CannotBackUp(
            f"There is no room for the backup in {folder.parent}: it needs about {needed >> 20} MiB, and "
            f"{free >> 20} MiB are free.",
            "Make room there; the backups that were there are untouched.",
            "room",
        )


class _Teller:
    """Says twice a second how much was read."""

    def __init__(self, of: int) -> None:
        self._of, self._read, self._told = of, 0, 0.0

    def about(self, namespace: str) -> Callable[[int], None]:
        def told(size: int) -> None:
            self._read += size
            if time.monotonic() - self._told >= _TELL_EVERY_S:
                self._told = time.monotonic()
                print(json.dumps({"read": self._read, "of": max(self._of, self._read), "what": namespace}), flush=True)

        return told

"""A full backup: all documents, of one moment, with the oplog of the time that it took, and a manifest of them."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from pathlib import Path

from actions.backups.repository.entry import Covers, Entry
from actions.backups.repository.writing import FolderStaged, Staged
from actions.systems.mongodb.dump_layout import DUMP
from actions.systems.mongodb.manifest import MANIFEST, Manifest, encode_manifest
from actions.systems.mongodb.programs.definitions import Sized, read_definitions
from actions.systems.mongodb.programs.dumped import NewDump
from actions.systems.mongodb.programs.request import ROOM, CannotBackUp, Request
from actions.systems.mongodb.programs.snapshot_dump import dump_snapshot
from actions.systems.mongodb.programs.source import Source
from actions.systems.mongodb.programs.tool_dump import ToolFailed, dump_by_tool

_TRIES = 3
_OPLOG_ROOM = 64 << 20
"""Bytes that are left free for the oplog slice, beside the documents."""


def write_full(source: Source, request: Request, backup: Staged) -> Entry:
    """Dump everything, and make a backup of it.

    Raises:
        CannotBackUp: there is no room, collections come and go faster than they are read, or the oplog is too short.
        PyMongoError: the server cannot be read.
        OSError: a file cannot be written.
    """
    undone: Sequence[str] = ()
    for _ in range(_TRIES):
        backup.forget(DUMP)
        new = _dump(source, request, backup)
        if not new.undone:
            return _finish(source, backup, new)
        undone = new.undone
        print(json.dumps({"again": undone}), flush=True)
    raise CannotBackUp(
        f"While it was dumped, collections were made, dropped or renamed each time: {', '.join(undone[:5])}.",
        "Take it at a time when nothing does that, or stop what does.",
    )


def _dump(source: Source, request: Request, backup: Staged) -> NewDump:
    """Dump with mongodump where it is to be had and works, else by ourselves. It writes into a folder alone."""
    at = source.majority_position()
    found = read_definitions(source.client, source.name)
    if isinstance(backup, FolderStaged):
        _require_room(backup.folder, found)
        if request.tool:
            try:
                return dump_by_tool(source, request, backup.folder / DUMP, sum(one.size for one in found))
            except ToolFailed as error:
                print(json.dumps({"by ourselves": f"mongodump failed: {error}"}), flush=True)
                shutil.rmtree(backup.folder / DUMP, ignore_errors=True)
                at = source.majority_position()
    return dump_snapshot(source, request, backup, at, found)


def _finish(source: Source, backup: Staged, new: NewDump) -> Entry:
    manifest = Manifest(
        version=source.version,
        fcv=source.fcv,
        first=new.slice.first,
        last=new.slice.last,
        read_at="" if new.later else new.at,
        read_later=tuple(new.later),
        heartbeat=new.heartbeat,
        collections=new.states,
    )
    with backup.new(MANIFEST) as file:
        file.write(encode_manifest(manifest))
    return backup.finish(
        "mongodb",
        covers=Covers(from_=manifest.read_at or manifest.last, to=manifest.last),
        consistent_at=new.slice.until,
        server={"version": source.version, "fcv": source.fcv, "set": source.set_name},
        facts={
            "collections": len(new.states),
            "documents": sum(state.count for state in new.states.values()),
            "read_at": manifest.read_at,
            "entries": new.slice.entries,
            "last_entry": new.slice.last_entry,
            "primary": source.primary,
            "tool": new.tool,
        },
    )


def _require_room(folder: Path, found: Sequence[Sized]) -> None:
    needed, free = sum(one.size for one in found) + _OPLOG_ROOM, shutil.disk_usage(folder).free
    if needed > free:
        raise CannotBackUp(
            f"There is no room for the backup in {folder.parent}: it needs about {needed >> 20} MiB, and "
            f"{free >> 20} MiB are free.",
            "Make room there; the backups that were there are untouched.",
            ROOM,
        )

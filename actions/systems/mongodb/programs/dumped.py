"""A dump that was just written, whoever wrote it, and what its files and its slice of the oplog say of each other."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

import msgspec

from actions.systems.mongodb.contents import Contents
from actions.systems.mongodb.dump_layout import DumpedCollection, definition_text
from actions.systems.mongodb.manifest import CollectionState
from actions.systems.mongodb.programs.oplog_slice import Slice

_UNDOING = ("create", "drop", "dropDatabase", "renameCollection", "convertToCapped")
"""What makes a collection of the dump another one than it was when the dump began."""


class NewDump(msgspec.Struct, frozen=True, kw_only=True):
    """A dump that was just written.

    Attributes:
        at: the position that it was read at, but for what was read ``later`` and changed before that.
        slice: the oplog from there to its end.
        states: by namespace, what its files hold.
        later: see ``at``.
        undone: collections that were made, dropped or renamed meanwhile.
        heartbeat: the newest heartbeat that it holds.
        tool: the program that wrote it, where that is not ours.
    """

    at: str
    slice: Slice
    states: Mapping[str, CollectionState]
    later: Sequence[str] = ()
    undone: Sequence[str] = ()
    heartbeat: datetime | None = None
    tool: str = ""


def state_of(
    what: DumpedCollection, contents: Contents | None, slice_: Slice, newest_id_at: datetime | None = None
) -> CollectionState:
    """Return what the manifest says of a collection; ``contents`` is None of a view."""
    definition = definition_text(what)
    if contents is None:
        return CollectionState(kind=what.kind, definition=definition)
    return CollectionState(
        kind=what.kind,
        count=contents.count,
        size=contents.size,
        md5=contents.md5,
        digest=contents.digest,
        changed=slice_.changed.get(what.namespace, 0),
        newest_id_at=newest_id_at,
        definition=definition,
    )


def undone(dumped: Collection[str], slice_: Slice) -> list[str]:
    """Return which of the dumped collections were made, dropped or renamed while they were dumped.

    Such a one is not there any more at the position that the others are read at, and reads as empty.
    """
    found = []
    for name, commands in slice_.defined.items():
        database = name.partition(".")[0]
        known = name in dumped or (name.endswith(".$cmd") and any(one.startswith(f"{database}.") for one in dumped))
        if known and any(command in _UNDOING for command in commands):
            found.append(name)
    return found

"""What a repository remembers of its copy in the second place: one that was emptied, its index with it, knows nothing.

It is a small file in the repository itself, so that whichever machine copies finds it; it is not copied.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime

import msgspec

from actions.backups.offsite.index import Index
from actions.backups.offsite.order import Order
from actions.backups.storage.places import open_storage
from actions.backups.storage.storage import Storage, StorageTrouble
from journal.structs import from_json
from journal.wording.counting import count
from journal.wording.instants import utc

MEMORY = ".cleo-offsite.json"
"""The file's name."""


class CopiedBefore(msgspec.Struct, frozen=True, kw_only=True):
    """The last whole sync: where to, how many files were there at its end, the newest backup, and when it ended."""

    place: str
    files: int
    newest: str
    ended_at: datetime


def remember(here: Storage, order: Order, index: Index) -> None:
    """Note in the repository what is in the second place now; what cannot be written there is not noticed later."""
    if index.ended_at is None:
        return
    now = CopiedBefore(place=order.where.place, files=len(index.files), newest=index.newest, ended_at=index.ended_at)
    with suppress(StorageTrouble):
        here.put_bytes(MEMORY, msgspec.json.encode(now))


def what_was_lost(order: Order) -> str:
    """Return what the second place had by the last whole sync to it, where it has no index now; empty: not known."""
    try:
        here = open_storage(order.here, quick=True)
        known = from_json(here.read(MEMORY), CopiedBefore)
    except (StorageTrouble, msgspec.DecodeError, UnicodeError):
        return ""
    if known.place != order.where.place or not known.files:
        return ""
    newest = f", the newest backup {known.newest}" if known.newest else ""
    had = f"{count(known.files, 'file')}{newest}, copied until {utc(known.ended_at)}"
    return f"the second place has lost what it had: {had}"

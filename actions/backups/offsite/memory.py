"""What a repository remembers of its copy in the second place: one that was emptied, its index with it, knows nothing.

It is a small file in the repository itself, so that whichever machine copies finds it; it is not copied.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime
from pathlib import Path

import msgspec

from actions.backups.offsite.index import Index
from actions.backups.offsite.order import Order
from journal.store.whole_file import replace_whole
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


def remember(order: Order, index: Index) -> None:
    """Note what is in the second place now. Where it cannot be written, an emptied place is not noticed later."""
    if index.ended_at is None:
        return
    now = CopiedBefore(place=order.where.place, files=len(index.files), newest=index.newest, ended_at=index.ended_at)
    with suppress(OSError):
        replace_whole(Path(order.folder, MEMORY), msgspec.json.encode(now), 0o600)


def what_was_lost(order: Order) -> str:
    """Return what the second place had by the last whole sync to it, where it has no index now; empty: not known."""
    try:
        known = msgspec.json.decode(Path(order.folder, MEMORY).read_bytes(), type=CopiedBefore)
    except (OSError, msgspec.DecodeError):
        return ""
    if known.place != order.where.place or not known.files:
        return ""
    newest = f", the newest backup {known.newest}" if known.newest else ""
    had = f"{count(known.files, 'file')}{newest}, copied until {utc(known.ended_at)}"
    return f"the second place has lost what it had: {had}"

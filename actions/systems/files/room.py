"""Whether a snapshot fits where it is restored to, and how far that is."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from actions.context import ActionContext, Progress
from actions.gate import decide
from actions.outcome import Cure, GateClosed
from actions.systems.files.restic import Snapshot, restic
from actions.systems.files.store import Store

_STANDING = re.compile(r"(\d+) of (\d+) bytes")


def snapshot_size(store: Store, chosen: Snapshot) -> tuple[int, int]:
    """Return what a snapshot restores to, in bytes and entries. One whose own list is damaged says nothing of it."""
    done = store.query(restic(store.settings, "stats", "--json", "--no-lock", chosen.id), 600)
    found = json.loads(done.out) if not done.code else {}
    return int(found.get("total_size", 0)), int(found.get("total_file_count", 0))


def require_room(store: Store, needed: int, files: int, seen: Mapping[str, Any], where: str) -> None:
    """Stop a restore that will not fit, before it begins.

    Args:
        store: the store.
        needed: bytes.
        files: entries, each of which takes an inode.
        seen: what a look found there: ``free`` bytes and ``inodes``.
        where: the place, in words that follow "are needed".

    Raises:
        GateClosed: it does not fit, and nobody decided to try.
    """
    free, inodes = seen["free"], seen["inodes"]
    if needed <= free and (inodes < 0 or files <= inodes):
        return
    what = f"{needed / 1e6:,.0f} MB and {files:,} entries are needed {where}; free are {free / 1e6:,.0f} MB"
    closed = GateClosed(
        "room",
        f"There is no room to restore {store.name}: {what} and {inodes:,} entries.",
        cures=[Cure(words="Make room there, then run it again."), Cure(words="Or go on anyway.", override="room")],
    )
    decide(store.ctx, closed, f"Goes on without the room ({what})")


def show_restored(ctx: ActionContext) -> Callable[[str, str], None]:
    """Return what shows, by the lines of ``bring``, how much is restored."""

    def show(_: str, line: str) -> None:
        if found := _STANDING.search(line):
            done, total = int(found[1]), max(int(found[2]), 1)
            ctx.progress(Progress(fraction=min(done / total, 1.0), text=f"{done / 1e6:,.0f} MB restored"))

    return show

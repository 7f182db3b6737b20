"""Which backups of a repository have expired, and removing them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import msgspec

from actions.backups.engine import BackupSet
from actions.backups.listing import has_shrunk
from actions.backups.printed import json_objects
from actions.backups.repository.place import Place
from actions.backups.repository.remove import RemoveOrder
from actions.outcome import ActionFailed

_REMOVE_S = 3600.0
_MODULE = "actions.backups.repository.remove"


def expired(sets: Sequence[BackupSet], keep: int, now: datetime) -> list[str]:
    """Return the labels of the backups that have expired, the oldest first.

    The newest ``keep`` full backups that can be used are kept, with all that ended after the oldest of them began: the
    log behind it is among that. So is what a kept one builds on. One that is dated after now counts for nothing (a
    clock was wrong), and nothing expires while the newest is much smaller than those before it.

    Args:
        sets: all backups, the oldest first.
        keep: how many; 0: nothing expires.
        now: the time.
    """
    full = [one for one in sets if one.kind == "full" and not one.unusable and one.ended_at <= now]
    if not keep or len(full) <= keep or has_shrunk(full):
        return []
    begins = full[-keep].started_at or full[-keep].ended_at
    kept = {one.label for one in sets if one.ended_at >= begins}
    builds_on = {one.label: one.builds_on for one in sets}
    for label in list(kept):
        while (label := builds_on.get(label, "")) and label not in kept:
            kept.add(label)
    return [one.label for one in sets if one.label not in kept]


def expire(place: Place, sets: Sequence[BackupSet], keep: int) -> list[str]:
    """Remove what has expired, and return its labels. It is done when a second listing agrees.

    Raises:
        ActionFailed: something of it is there all the same.
    """
    labels = expired(sets, keep, datetime.now(UTC))
    if not labels or not place.ctx.effect(f"remove {', '.join(labels)} from {place.folder}: expired"):
        return []
    argv = [*place.program(_MODULE), _shelf(place), *labels]
    done = place.ctx.run("expire", place.host, argv, timeout_s=_REMOVE_S, user=place.settings.run_as)
    for said in json_objects(done.out):
        if "remains" in said:
            place.ctx.log(f"Expired, and kept by the bucket all the same: {said['remains']}.", "err")
    listing = place.listing()
    left = {one.entry.id for one in listing.stored} & {*labels}
    left |= {name for name in listing.incomplete if name.endswith(tuple(labels))}
    if done.code != 0 or left:
        why = " ".join(done.err.split()) or f"{', '.join(sorted(left))} is there all the same"
        raise ActionFailed(
            f"Retention is not done: {why}.", "The backups that are kept are untouched. See to the storage."
        )
    return labels


def _shelf(place: Place) -> str:
    """Return what the program is told of the repository."""
    if not place.in_bucket:
        return place.folder
    return msgspec.json.encode(RemoveOrder(where=place.where, system=place.system)).decode()

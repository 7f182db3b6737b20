"""Copies a system's repository to its second place: ``python -m actions.backups.offsite.sync ORDER`` (JSON).

Either of them is a folder or a bucket; what is copied is streamed from one to the other, and never stored in between.
What is there already is not copied again, so that a sync that was killed goes on where it was. Each file is read back
from the second place and its SHA-256 compared. Nothing is ever removed there, and nothing replaced that was not put
there by an earlier sync. It prints JSON objects: ``{"read": BYTES, "of": BYTES}`` while it works, and at last what it
did. Exit status 0: all is there; 1: it is not, the reason is on standard error.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime

from actions.backups.offsite.copying import Copy
from actions.backups.offsite.index import CopiedBackup, Index, load_index, save_index, without_index
from actions.backups.offsite.memory import remember, what_was_lost
from actions.backups.offsite.order import Order, tell
from actions.backups.offsite.source import LessThanCopied, Vanished, read_source
from actions.backups.repository.entry import ENTRY
from actions.backups.storage.places import open_storage
from actions.backups.storage.storage import Storage, StorageTrouble, in_bucket
from journal.errors import CleoError
from journal.structs import from_json

_TRIES = 3
"""How often the source is read anew because a file of it expired meanwhile."""


def main(order: str) -> int:
    """Do what an `Order` in JSON says; return the exit status."""
    try:
        sync(from_json(order, Order))
    except CleoError as error:
        print(f"{error.message} {error.hint}".strip(), file=sys.stderr)
        return 1
    return 0


def sync(order: Order) -> None:
    """Copy what is not in the second place yet.

    Raises:
        CleoError: something is missing or damaged, or a place cannot be used; what was copied stays.
    """
    _require_apart(order)
    storage, start = open_storage(order.where), datetime.now(UTC)
    here = _open_source(order)
    index = load_index(storage, order.system) or _new_index(storage, order)
    for left in reversed(range(_TRIES)):
        began = datetime.now(UTC)
        try:
            did = _pass(order, here, storage, index)
        except Vanished:
            if not left:
                raise
            continue
        index.backups, index.archived_until = {**_still_there(index), **order.backups}, order.archived_until
        index.began_at, index.ended_at, index.claimed = began, datetime.now(UTC), []
        save_index(storage, index)
        remember(here, order, index)
        noticed = {"lost": index.lost} if index.lost_at and index.lost_at >= start else {}
        tell(**did, backups=len(order.backups), **noticed)
        return


def _pass(order: Order, here: Storage, storage: Storage, index: Index) -> dict[str, int]:
    """Copy what the source has now, note how far that came, and return what was done."""
    copy = Copy(order, storage, index, read_source(order, index, here))
    try:
        copy.all()
    finally:
        copy.save()
    copy.forget_removed()
    return copy.did


def _require_apart(order: Order) -> None:
    """Refuse a second place that is the first one: it would look like a copy, and be lost with it."""
    there = f"{order.where.place.rstrip('/')}/{order.system}"
    if (order.here.endpoint, order.here.place.rstrip("/")) == (order.where.endpoint, there):
        raise LessThanCopied(
            f"{there} is the repository itself, and no second place.", "Name another place (offsite: place)."
        )


def _open_source(order: Order) -> Storage:
    try:
        return open_storage(order.here)
    except StorageTrouble as error:
        if in_bucket(order.here.place):
            raise
        raise LessThanCopied(error.message, "Mount what holds the backups; nothing was copied.") from error


def _new_index(storage: Storage, order: Order) -> Index:
    """Return the index of a place that has none; it may have had one."""
    new = Index(system=order.system, type=order.type, source=order.here.place)
    if (lost := what_was_lost(order)) and not without_index(storage, order.system):
        new.lost, new.lost_at = lost, datetime.now(UTC)
    return new


def _still_there(index: Index) -> dict[str, CopiedBackup]:
    """Return the copied backups that need nothing but what is in their own folder; retention here took none of them."""
    return {label: one for label, one in index.backups.items() if f"{label}/{ENTRY}" in index.files}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))

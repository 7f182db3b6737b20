"""Looks at the second place of a system: ``python -m actions.backups.offsite.look ORDER`` (an `Order` in JSON).

It prints one JSON object, a `Seen`. With ``full`` every file there is read and compared with what was copied, with
``index_only`` nothing but the index is read. Exit status 1: nobody could look, the reason is on standard error.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

import msgspec

from actions.backups.offsite.drills import Drilled, load_drills
from actions.backups.offsite.index import CopiedBackup, Index, load_index, without_index
from actions.backups.offsite.memory import what_was_lost
from actions.backups.offsite.order import Order, tell
from actions.backups.storage.at_once import at_once
from actions.backups.storage.places import open_storage
from actions.backups.storage.storage import Missing, Storage
from journal.errors import CleoError
from journal.structs import from_json

_TELL_EVERY_S = 0.5


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """The second place of one system, by what is there.

    Attributes:
        backups: the backups that were copied, by their labels.
        broken: what is wrong with some of them, by their labels.
        damage: what is wrong with files, a line each.
        findings: what the place itself does to files that must stay.
        notes: how it keeps them: whether they are locked.
        files: how many files were copied; ``bytes``: how large they are.
        archived_until, began_at, ended_at: as `Index` has them.
        full: whether every file was read.
        lost: what the place has lost, all of it with its index, and when that was noticed (``lost_at``; None: just now,
            and it was not copied anew yet); empty: nothing that is known.
        drills: what restores from there came to, the latest last.
    """

    backups: Mapping[str, CopiedBackup] = {}
    broken: Mapping[str, str] = {}
    damage: Sequence[str] = ()
    findings: Sequence[str] = ()
    notes: Sequence[str] = ()
    files: int = 0
    bytes: int = 0
    archived_until: datetime | None = None
    began_at: datetime | None = None
    ended_at: datetime | None = None
    full: bool = False
    lost: str = ""
    lost_at: datetime | None = None
    drills: Sequence[Drilled] = ()

    @property
    def restored(self) -> Drilled | None:
        """The last restore from there; None: there was none."""
        return self.drills[-1] if self.drills else None

    @property
    def measured(self) -> Drilled | None:
        """The last good one of which it is known how long it took."""
        return next((one for one in reversed(self.drills) if one.mark.ok and one.mark.seconds > 0), None)


def main(order: str) -> int:
    """Do what an `Order` in JSON says; return the exit status."""
    asked = from_json(order, Order)
    try:
        print(msgspec.json.encode(look(asked)).decode(), flush=True)
    except CleoError as error:
        print(f"{error.message} {error.hint}".strip(), file=sys.stderr)
        return 1
    return 0


def look(order: Order) -> Seen:
    """Return what is there.

    Raises:
        CleoError: nobody can look.
    """
    storage = open_storage(order.where)
    index = load_index(storage, order.system)
    if index is None:
        left = "" if order.index_only else without_index(storage, order.system)
        findings = () if order.index_only else storage.findings()
        notes = () if order.index_only else storage.notes()
        return Seen(
            damage=[left] if left else [],
            lost="" if left else what_was_lost(order),
            findings=findings,
            notes=notes,
            full=order.full,
        )
    damage = {} if order.index_only else dict(_damage(storage, index, full=order.full))
    broken = {label: why for name, why in damage.items() for label in index.backups if label in name.split("/")}
    return Seen(
        backups=index.backups,
        broken=broken,
        damage=[f"{name} {why}" for name, why in damage.items()],
        findings=() if order.index_only else storage.findings(),
        notes=() if order.index_only else storage.notes(),
        files=len(index.files),
        bytes=sum(one.size for one in index.files.values()),
        archived_until=index.archived_until,
        began_at=index.began_at,
        ended_at=index.ended_at,
        full=order.full,
        drills=load_drills(storage, order.system),
        lost=index.lost,
        lost_at=index.lost_at,
    )


def _damage(storage: Storage, index: Index, *, full: bool) -> Iterator[tuple[str, str]]:
    """Yield each file that is not what was copied, and why."""
    there, told = storage.sizes(f"{index.system}/"), time.monotonic()
    read, of = 0, sum(one.size for one in index.files.values())

    def why(name: str) -> str:
        at, one = f"{index.system}/{name}", index.files[name]
        if (size := there.get(at)) is None:
            return "is missing"
        if size != one.size:
            return f"has {size} bytes, and had {one.size}"
        return _content(storage, at, one.sha256) if full else ""

    names = list(index.files)
    for name, found in zip(names, at_once(why, names), strict=True):
        if found:
            yield name, found
        read += index.files[name].size
        if full and time.monotonic() - told > _TELL_EVERY_S:
            told = time.monotonic()
            tell(read=read, of=of)


def _content(storage: Storage, name: str, digest: str) -> str:
    try:
        return "" if storage.digest(name)[1] == digest else "has another content than was copied"
    except Missing:
        return "is missing"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))

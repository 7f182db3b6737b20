"""Copies a system's repository to its second place: ``python -m actions.backups.offsite.sync ORDER`` (JSON).

What is there already is not copied again, so that a sync that was killed goes on where it was. Each file is read back
from the second place and its SHA-256 compared. Nothing is ever removed there, and nothing replaced that was not put
there by an earlier sync. It prints JSON objects: ``{"read": BYTES, "of": BYTES}`` while it works, and at last what it
did. Exit status 0: all is there; 1: it is not, the reason is on standard error.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

import msgspec

from actions.backups.offsite.index import Copied, CopiedBackup, Index, load_index, save_index, without_index
from actions.backups.offsite.memory import remember, what_was_lost
from actions.backups.offsite.order import Order, tell
from actions.backups.offsite.source import Source, SourceFile, digest_of, read_source
from actions.backups.repository.entry import ENTRY
from actions.backups.storage.at_once import at_once
from actions.backups.storage.places import open_storage
from actions.backups.storage.storage import Missing, Storage, StorageTrouble
from journal.errors import CleoError

_SAVE_EVERY_S = 30.0
_TELL_EVERY_S = 0.5
_TRIES = 3
"""How often the source is read anew because a file of it expired meanwhile."""


class Damaged(CleoError):
    """What is in the source, or arrived at the second place, is not what it must be."""


class SourceDamage(NamedTuple):
    """Why a backup is not copied."""

    backup: str
    message: str
    hint: str


class NotOurs(CleoError):
    """The second place has a file of this name that no sync put there."""


def main(order: str) -> int:
    """Do what an `Order` in JSON says; return the exit status."""
    try:
        sync(msgspec.json.decode(order, type=Order))
    except CleoError as error:
        print(f"{error.message} {error.hint}".strip(), file=sys.stderr)
        return 1
    except OSError as error:
        print(f"{error.filename or 'a file of the repository'}: {error.strerror}", file=sys.stderr)
        return 1
    return 0


def sync(order: Order) -> None:
    """Copy what is not in the second place yet.

    Raises:
        CleoError: something is missing or damaged, or a place cannot be used; what was copied stays.
    """
    storage, start = open_storage(order.where), datetime.now(UTC)
    index = load_index(storage, order.system) or _new_index(storage, order)
    for left in reversed(range(_TRIES)):
        began = datetime.now(UTC)
        copy = _Copy(order, storage, index, read_source(order, index))
        try:
            copy.all()
        except FileNotFoundError:
            if not left:
                raise
            continue
        finally:
            copy.save()
        copy.forget_removed()
        index.backups, index.archived_until = {**_still_there(index), **order.backups}, order.archived_until
        index.began_at, index.ended_at, index.claimed = began, datetime.now(UTC), []
        save_index(storage, index)
        remember(order, index)
        noticed = {"lost": index.lost} if index.lost_at and index.lost_at >= start else {}
        tell(**copy.did, backups=len(order.backups), **noticed)
        return


def _new_index(storage: Storage, order: Order) -> Index:
    """Return the index of a place that has none; it may have had one."""
    new = Index(system=order.system, type=order.type, source=order.folder)
    if (lost := what_was_lost(order)) and not without_index(storage, order.system):
        new.lost, new.lost_at = lost, datetime.now(UTC)
    return new


def _still_there(index: Index) -> dict[str, CopiedBackup]:
    """Return the copied backups that need nothing but what is in their own folder; retention here took none of them."""
    return {label: one for label, one in index.backups.items() if f"{label}/{ENTRY}" in index.files}


class _Copy:
    """One pass over the source."""

    def __init__(self, order: Order, storage: Storage, index: Index, source: Source) -> None:
        self._folder, self._below, self._reread = Path(order.folder), f"{order.system}/", order.full
        self._storage, self._index, self._source = storage, index, source
        self._there = storage.sizes(self._below)
        self._ours = {*index.files, *index.claimed}
        self._saved = self._told = time.monotonic()
        self._noting = threading.Lock()
        self._read, self._of = 0, sum(one.size for one in source.files)
        self.did = {"copied": 0, "bytes": 0, "kept": 0, "mended": 0}

    def all(self) -> None:
        """Copy all files, and then those that tell of them."""
        files = self._source.files
        wanted = [one for one, there in zip(files, at_once(self._is_there, files), strict=True) if not there]
        heads = {name: data for name, data in self._source.heads.items() if not self._head_is_there(name, data)}
        self.did["kept"] = len(self._source.files) + len(self._source.heads) - len(wanted) - len(heads)
        if wanted or heads:
            self._claim([*(one.name for one in wanted), *heads])
        self._of = sum(one.size for one in wanted)
        damaged = [error for error in at_once(self._copy, wanted) if error]
        for name, data in heads.items():
            if not any(name.startswith(f"{one.backup}/") for one in damaged):
                put = partial(self._storage.put_bytes, data=data)
                self._put(name, len(data), sha256(data).hexdigest(), 0, put)
        if damaged:
            more = f" So are {len(damaged) - 1} more." if damaged[1:] else ""
            raise Damaged(f"{damaged[0].message}{more}", damaged[0].hint)

    def forget_removed(self) -> None:
        """Forget the files that are neither here nor there any more: retention and the storage's owner took them."""
        here = {*self._source.heads, *(one.name for one in self._source.files)}
        for name in [*self._index.files]:
            if name not in here and f"{self._below}{name}" not in self._there:
                del self._index.files[name]

    def save(self) -> None:
        """Write down what was copied so far, for the next pass; where that fails, it is copied again."""
        with suppress(StorageTrouble):
            save_index(self._storage, self._index)

    def _is_there(self, one: SourceFile) -> bool:
        known = self._index.files.get(one.name)
        same = known is not None and (known.size, known.mtime_ns) == (one.size, one.mtime_ns)
        if known and same and not self._is_sound(one.name, known):
            with self._noting:
                self.did["mended"] += 1  # it was there, and is gone, cut off, or changed
            return False
        return same

    def _is_sound(self, name: str, known: Copied) -> bool:
        at = f"{self._below}{name}"
        if self._there.get(at) != known.size:
            return False
        return not self._reread or self._storage.digest(at) == (known.size, known.sha256)

    def _head_is_there(self, name: str, data: bytes) -> bool:
        known = self._index.files.get(name)
        return known is not None and known.sha256 == sha256(data).hexdigest() and self._is_sound(name, known)

    def _claim(self, names: list[str]) -> None:
        """Write down what is about to be written, unless somebody else's file has one of the names."""
        self._index.claimed = [
            name for name in names if f"{self._below}{name}" not in self._there or name in self._ours
        ]
        save_index(self._storage, self._index)

    def _copy(self, one: SourceFile) -> SourceDamage | None:
        """Copy one file; return why it is not copied, where it was damaged here."""
        path = self._folder / one.name
        size, digest = digest_of(path)
        if (wanted := self._source.digests.get(one.name, digest)) != digest:
            return SourceDamage(
                one.name.partition("/")[0],
                f"{path} is not what its entry says (SHA-256 {digest[:12]}…, not {wanted[:12]}…): it was damaged here, "
                "and its backup is not copied.",
                "All others were. Take another backup.",
            )
        known = self._index.files.get(one.name)
        if known and (known.size, known.sha256) == (size, digest) and self._is_sound(one.name, known):
            self._note_touched(one, known)
        else:
            self._put(one.name, size, digest, one.mtime_ns, partial(self._storage.put, source=path))
        return None

    def _note_touched(self, one: SourceFile, known: Copied) -> None:
        """Note a new time of a file whose content is there already: it was brought back, or its disk was copied."""
        with self._noting:
            self._index.files[one.name] = msgspec.structs.replace(known, mtime_ns=one.mtime_ns)
            self.did["kept"] += 1
            self._tell(one.size)

    def _put(self, name: str, size: int, digest: str, mtime_ns: int, put: Callable[[str], None]) -> None:
        """Write one file, unless it is there by another's hand; read it back, and note it."""
        at = f"{self._below}{name}"
        if at in self._there and name not in self._ours:
            if self._storage.digest(at) != (size, digest):
                raise NotOurs(
                    f"The second place has another file {at}, which was not copied from here; it is left as it is.",
                    "Name a place of its own for these copies.",
                )
        else:
            put(at)
            self._require_arrived(at, size, digest)
            with self._noting:
                self.did["copied"] += 1
                self.did["bytes"] += size
        with self._noting:
            self._index.files[name] = Copied(size=size, sha256=digest, mtime_ns=mtime_ns)
            self._tell(size)

    def _require_arrived(self, at: str, size: int, digest: str) -> None:
        try:
            found = self._storage.digest(at)
        except Missing as error:
            raise StorageTrouble(f"{at} was written, and is not there.", "Look at the storage's own log.") from error
        if found != (size, digest):
            raise Damaged(
                f"{at} arrived with {found[0]} bytes and SHA-256 {found[1][:12]}…, and was sent with {size} and "
                f"{digest[:12]}….",
                "Run the sync again; if it stays so, the storage or the way to it is broken.",
            )

    def _tell(self, size: int) -> None:
        self._read += size
        now = time.monotonic()
        if now - self._told > _TELL_EVERY_S:
            self._told = now
            tell(read=self._read, of=self._of)
        if now - self._saved > _SAVE_EVERY_S:
            self._saved = now
            save_index(self._storage, self._index)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))

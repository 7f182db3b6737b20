"""One pass over a repository that is copied: file by file, each proven where it arrives, those that tell of it last."""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from hashlib import sha256
from typing import NamedTuple

from actions.backups.offsite.index import Copied, Index, save_index
from actions.backups.offsite.order import Order, tell
from actions.backups.offsite.source import Source
from actions.backups.storage.at_once import at_once
from actions.backups.storage.storage import Missing, Storage, StorageTrouble, Unreadable
from journal.errors import CleoError

_SAVE_EVERY_S = 30.0
_TELL_EVERY_S = 0.5
_OTHERS = "All others were. Take another backup."


class Damaged(CleoError):
    """What is in the source, or arrived at the second place, is not what it must be."""


class NotOurs(CleoError):
    """The second place has a file of this name that no sync put there."""


class SourceDamage(NamedTuple):
    """Why a backup is not copied; ``backup`` empty: nobody can tell which backups need the file."""

    backup: str
    message: str
    hint: str


class _DamagedHere(Exception):
    """Ends a write whose content turned out to be damaged: nothing is left of it."""

    def __init__(self, damage: SourceDamage) -> None:
        super().__init__(damage.message)
        self.damage = damage


class Copy:
    """One pass.

    Args:
        order: what is copied, and where to.
        storage: the second place.
        index: what was copied before; what is copied now is noted in it.
        source: what there is.
    """

    def __init__(self, order: Order, storage: Storage, index: Index, source: Source) -> None:
        self._here, self._below, self._reread = order.here.place, f"{order.system}/", order.full
        self._called = bool(order.called_by_content)
        self._storage, self._index, self._source = storage, index, source
        self._there = storage.sizes(self._below)
        self._ours = {*index.files, *index.claimed}
        self._saved = self._told = time.monotonic()
        self._noting = threading.Lock()
        self._read, self._of = 0, sum(one.size for one in source.files.values())
        self.did = {"copied": 0, "bytes": 0, "kept": 0, "mended": 0}

    def all(self) -> None:
        """Copy all files, and then those that tell of them.

        Raises:
            CleoError: something is damaged, somebody else's, or a place cannot be used; what was copied stays.
        """
        names, heads = [*self._source.files], self._source.heads
        wanted = [name for name, there in zip(names, at_once(self._is_there, names), strict=True) if not there]
        new_heads = [name for name in heads if not self._head_is_there(name)]
        self.did["kept"] = len(names) + len(heads) - len(wanted) - len(new_heads)
        if wanted or new_heads:
            self._claim([*wanted, *new_heads])
        self._of = sum(self._source.files[name].size for name in wanted)
        late = self._source.late
        damaged = [one for one in at_once(self._copy, [name for name in wanted if name not in late]) if one]
        if all(one.backup for one in damaged):
            damaged += [one for one in at_once(self._copy, [name for name in wanted if name in late]) if one]
            for name in new_heads:
                if not any(name.startswith(f"{one.backup}/") for one in damaged):
                    self._put_head(name, heads[name])
        if damaged:
            more = f" So are {len(damaged) - 1} more." if damaged[1:] else ""
            raise Damaged(f"{damaged[0].message}{more}", damaged[0].hint)

    def forget_removed(self) -> None:
        """Forget the files that are neither here nor there any more: retention and the storage's owner took them."""
        here = {*self._source.heads, *self._source.files}
        for name in [*self._index.files]:
            if name not in here and f"{self._below}{name}" not in self._there:
                del self._index.files[name]

    def save(self) -> None:
        """Write down what was copied so far, for the next pass; where that fails, it is copied again."""
        with suppress(StorageTrouble):
            save_index(self._storage, self._index)

    def _is_there(self, name: str) -> bool:
        known = self._index.files.get(name)
        same = known is not None and known.is_of(self._source.files[name])
        if known and same and not self._is_sound(name, known):
            with self._noting:
                self.did["mended"] += 1  # it was there, and is gone, cut off, or changed
            return False
        return same

    def _is_sound(self, name: str, known: Copied) -> bool:
        at = f"{self._below}{name}"
        if self._there.get(at) != known.size:
            return False
        return not self._reread or self._storage.digest(at) == (known.size, known.sha256)

    def _head_is_there(self, name: str) -> bool:
        known = self._index.files.get(name)
        digest = sha256(self._source.heads[name]).hexdigest()
        return known is not None and known.sha256 == digest and self._is_sound(name, known)

    def _claim(self, names: list[str]) -> None:
        """Write down what is about to be written, unless somebody else's file has one of the names."""
        self._index.claimed = [name for name in names if not self._is_foreign(name)]
        save_index(self._storage, self._index)

    def _is_foreign(self, name: str) -> bool:
        return f"{self._below}{name}" in self._there and name not in self._ours

    def _copy(self, name: str) -> SourceDamage | None:
        """Copy one file; return why it is not copied, where it was damaged here."""
        known = self._index.files.get(name)
        try:
            if self._is_foreign(name):
                return self._compare(name)
            if known and known.size == self._source.files[name].size and self._is_sound(name, known):
                return self._look_anew(name, known)
            return self._stream(name)
        except Unreadable as error:
            return SourceDamage(self._backup(name), f"{error.message} Its backup is not copied.", _OTHERS)

    def _compare(self, name: str) -> SourceDamage | None:
        """Take somebody else's file for a copy where it has the same content."""
        size, digest = self._digest(name)
        if damage := self._damage(name, digest):
            return damage
        self._require_same(name, size, digest)
        self._note(name, self._copied(name, size, digest))
        return None

    def _look_anew(self, name: str, known: Copied) -> SourceDamage | None:
        """Read a file that was changed, or only touched: it was brought back, or its disk was copied."""
        size, digest = self._digest(name)
        if damage := self._damage(name, digest):
            return damage
        if (known.size, known.sha256) != (size, digest):
            return self._stream(name)
        with self._noting:
            self.did["kept"] += 1
        self._note(name, self._copied(name, size, digest))
        return None

    def _stream(self, name: str) -> SourceDamage | None:
        """Copy one file as it is read; what turns out to be damaged gets no name there."""
        at, found, size = f"{self._below}{name}", sha256(), 0
        try:
            with self._storage.new(at) as there:
                for piece in self._source.pieces(name):
                    found.update(piece)
                    size += len(piece)
                    there.write(piece)
                if damage := self._damage(name, found.hexdigest()):
                    raise _DamagedHere(damage)
        except _DamagedHere as error:
            return error.damage
        self._arrived(name, self._copied(name, size, found.hexdigest()))
        return None

    def _put_head(self, name: str, data: bytes) -> None:
        one = Copied(size=len(data), sha256=sha256(data).hexdigest())
        if self._is_foreign(name):
            self._require_same(name, one.size, one.sha256)
            self._note(name, one)
        else:
            self._storage.put_bytes(f"{self._below}{name}", data)
            self._arrived(name, one)

    def _copied(self, name: str, size: int, digest: str) -> Copied:
        """Return what is noted of a file, with what tells later whether its source was changed."""
        source = self._source.files[name]
        return Copied(size=size, sha256=digest, mtime_ns=source.mtime_ns, tag=source.tag)

    def _digest(self, name: str) -> tuple[int, str]:
        found, size = sha256(), 0
        for piece in self._source.pieces(name):
            found.update(piece)
            size += len(piece)
        return size, found.hexdigest()

    def _damage(self, name: str, digest: str) -> SourceDamage | None:
        """Return that a file is not what it must be; None: it is, or nothing tells."""
        if (wanted := self._source.digests.get(name, digest)) == digest:
            return None
        says, whose = ("name", "nothing that may need it") if self._called else ("entry", "its backup")
        return SourceDamage(
            self._backup(name),
            f"{self._here}/{name} is not what its {says} says (SHA-256 {digest[:12]}…, not {wanted[:12]}…): it was "
            f"damaged here, and {whose} is {'' if self._called else 'not '}copied.",
            "Find out which backups are sound: cleo backup verify --full." if self._called else _OTHERS,
        )

    def _backup(self, name: str) -> str:
        """Return which backup needs a file; empty: any may."""
        return "" if self._called else name.partition("/")[0]

    def _require_same(self, name: str, size: int, digest: str) -> None:
        at = f"{self._below}{name}"
        if self._storage.digest(at) != (size, digest):
            raise NotOurs(
                f"The second place has another file {at}, which was not copied from here; it is left as it is.",
                "Name a place of its own for these copies.",
            )

    def _arrived(self, name: str, one: Copied) -> None:
        """Read back what was written, and note it."""
        at = f"{self._below}{name}"
        try:
            found = self._storage.digest(at)
        except Missing as error:
            raise StorageTrouble(f"{at} was written, and is not there.", "Look at the storage's own log.") from error
        if found != (one.size, one.sha256):
            raise Damaged(
                f"{at} arrived with {found[0]} bytes and SHA-256 {found[1][:12]}…, and was sent with {one.size} and "
                f"{one.sha256[:12]}….",
                "Run the sync again; if it stays so, the storage or the way to it is broken.",
            )
        with self._noting:
            self.did["bytes"] += one.size
        self._note(name, one, copied=True)

    def _note(self, name: str, one: Copied, *, copied: bool = False) -> None:
        with self._noting:
            self.did["copied"] += copied
            self._index.files[name] = one
            self._tell(one.size)

    def _tell(self, size: int) -> None:
        self._read += size
        now = time.monotonic()
        if now - self._told > _TELL_EVERY_S:
            self._told = now
            tell(read=self._read, of=self._of)
        if now - self._saved > _SAVE_EVERY_S:
            self._saved = now
            save_index(self._storage, self._index)

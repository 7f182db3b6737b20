"""Where backups are brought back to: each file is there with the content that was copied, or not at all."""

from __future__ import annotations

import os
import pwd
import shutil
import stat
from collections.abc import Iterable
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import Protocol

from actions.backups.offsite.index import Copied
from actions.backups.offsite.order import Order
from actions.backups.storage.folder import Folder
from actions.backups.storage.places import open_storage
from actions.backups.storage.storage import Missing, Storage, in_bucket
from journal.errors import CleoError

_ELSEWHERE = "Fetch into another folder, or move it away."


class NotFetched(CleoError):
    """Something there is not what was copied, or something else is here already."""


class Target(Protocol):
    """A place that files are brought to."""

    def has(self, name: str) -> bool:
        """Whether there is a file of that name."""

    def is_same(self, name: str, one: Copied) -> bool:
        """Whether it has the content that was copied."""

    def bring(self, name: str, one: Copied, pieces: Iterable[bytes]) -> str:
        """Write a file; return why it is not here afterwards, where what came is not what was copied.

        Raises:
            CleoError: it cannot be read or written.
        """


def open_target(order: Order) -> Target:
    """Return where an order's backups are to go.

    Raises:
        StorageTrouble: it is a bucket that cannot be used.
    """
    if in_bucket(order.here.place):
        return BucketTarget(open_storage(order.here), order.here.place)
    return FolderTarget(Path(order.here.place), order.owner)


def require_same(target: Target, name: str, one: Copied, place: str) -> bool:
    """Return whether a file is here as it was copied.

    Raises:
        NotFetched: another one of its name is.
    """
    if not target.has(name):
        return False
    if not target.is_same(name, one):
        raise NotFetched(
            f"{place}/{name} is here with another content than was copied; it is left as it is.", _ELSEWHERE
        )
    return True


class BucketTarget:
    """A bucket: what is written there is read back, unless the storage confirms its SHA-256 by itself."""

    def __init__(self, storage: Storage, place: str) -> None:
        self._storage, self._place, self._there = storage, place, storage.sizes("")

    def has(self, name: str) -> bool:
        """See `Target`."""
        return name in self._there

    def is_same(self, name: str, one: Copied) -> bool:
        """See `Target`."""
        return self._there[name] == one.size and self._holds(name, one)

    def bring(self, name: str, one: Copied, pieces: Iterable[bytes]) -> str:
        """See `Target`."""
        found = _Counted()
        try:
            with self._storage.new(name) as there:
                for piece in pieces:
                    found.add(piece)
                    there.write(piece)
                if why := found.differs(one):
                    raise _Differs(why)
        except _Differs as error:
            return str(error)
        if not self._storage.confirmed(name) and not self._holds(name, one):
            raise NotFetched(
                f"{self._place}/{name} was written, and is not there with that content.",
                "Look at the storage's own log; take that object away, and fetch again.",
            )
        return ""

    def _holds(self, name: str, one: Copied) -> bool:
        try:
            return self._storage.digest(name) == (one.size, one.sha256)
        except Missing:
            return False


class FolderTarget:
    """A folder, which is made where it is missing."""

    def __init__(self, folder: Path, owner: str) -> None:
        self._folder, self._owner = folder, owner

    def has(self, name: str) -> bool:
        """See `Target`."""
        return (self._folder / name).exists()

    def is_same(self, name: str, one: Copied) -> bool:
        """See `Target`."""
        return Folder(str(self._folder)).digest(name) == (one.size, one.sha256)

    def bring(self, name: str, one: Copied, pieces: Iterable[bytes]) -> str:
        """See `Target`."""
        path = self._folder / name
        if ".." in path.parts:
            raise NotFetched(f"{name} leads out of {self._folder}.", "Look who changed what is in the second place.")
        part = path.with_name(f".incomplete-{path.name}")
        try:
            _make_folder(path.parent, self._owner)
            return self._write(part, path, one, pieces)
        except OSError as error:
            raise NotFetched(
                f"{error.filename or part} cannot be written: {error.strerror}.",
                "Make room, or mend what it says; then fetch again: what is here by now stays.",
            ) from error
        finally:
            part.unlink(missing_ok=True)

    def _write(self, part: Path, path: Path, one: Copied, pieces: Iterable[bytes]) -> str:
        found = _Counted()
        with part.open("wb") as file:
            for piece in pieces:
                found.add(piece)
                file.write(piece)
            file.flush()
            os.fsync(file.fileno())
        if why := found.differs(one):
            return why
        _give_to(self._owner, path.parent, part)
        if one.mtime_ns:  # so that the next sync knows it for what it copied
            os.utime(part, ns=(one.mtime_ns, one.mtime_ns))
        part.rename(path)
        return ""


class _Differs(Exception):
    """Ends a write of what is not what was copied: nothing is left of it."""


class _Counted:
    """What came so far."""

    def __init__(self) -> None:
        self._found, self._size = sha256(), 0

    def add(self, piece: bytes) -> None:
        self._found.update(piece)
        self._size += len(piece)

    def differs(self, one: Copied) -> str:
        """Return what is wrong with it; empty: it is what was copied."""
        if self._size != one.size:
            return f"has {self._size} bytes, and had {one.size}"
        return "" if self._found.hexdigest() == one.sha256 else "has another content than was copied"


def _make_folder(path: Path, owner: str) -> None:
    """Make a folder, and those above it, with the permissions of the first one that is there."""
    if path.is_dir():
        return
    _make_folder(path.parent, owner)
    with suppress(FileExistsError):  # another file is brought at the same time
        path.mkdir()
        path.chmod(stat.S_IMODE(path.parent.stat().st_mode))
        _give_to(owner, path.parent, path)


def _give_to(owner: str, folder: Path, path: Path) -> None:
    """Let an account have a file, else who has the folder that it is in; where we are not root, it is ours."""
    if os.geteuid() != 0:
        return
    if owner:
        shutil.chown(path, owner, pwd.getpwnam(owner).pw_gid)
    else:
        os.chown(path, folder.stat().st_uid, folder.stat().st_gid)

"""Writes a backup into a bucket: its entry last, or nothing counts. For programs on the host that has the data.

Nothing is stored here meanwhile: each file goes there as it is made, with its SHA-256 counted on the way. While it is
written ``.incomplete-<id>`` lies beside it, which says who writes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from hashlib import sha256

import msgspec

from actions.backups.repository.entry import ENTRY, INCOMPLETE, Entry, StoredFile, encode, new_id
from actions.backups.repository.writers import Writer, this_writer
from actions.backups.repository.writing import AlreadyWriting, Staged
from actions.backups.storage.at_once import at_once
from actions.backups.storage.places import open_storage
from actions.backups.storage.storage import Storage, StorageTrouble, Where, Writable
from journal.structs import from_json


class Shelf:
    """The backups of one system in a bucket.

    Args:
        storage: the bucket.
        system: the system's name.
    """

    def __init__(self, storage: Storage, system: str) -> None:
        self.storage, self.system = storage, system

    def names(self) -> Sequence[str]:
        """Return the names of all files, below the system's."""
        below = f"{self.system}/"
        return [name.removeprefix(below) for name in self.storage.sizes(below)]

    def at(self, name: str) -> str:
        """Return a file's name in the bucket."""
        return f"{self.system}/{name}"

    def remove_abandoned(self) -> list[str]:
        """Remove what killed writers left, and return its names.

        Raises:
            AlreadyWriting: a process of this machine writes a backup now.
        """
        names, removed = self.names(), list[str]()
        for mark in sorted(name for name in names if name.startswith(INCOMPLETE)):
            backup = mark.removeprefix(INCOMPLETE)
            writer = self._writer(mark)
            if f"{backup}/{ENTRY}" in names:  # it is whole; who wrote it could not remove its mark
                with suppress(StorageTrouble):
                    self.storage.remove(self.at(mark))
            elif writer and writer.may_live():
                if writer.is_here():
                    raise AlreadyWriting(
                        f"Another backup is being written ({writer}).",
                        "Wait for it, or end it; then run this one again.",
                    )
            else:
                with suppress(StorageTrouble):  # credentials that cannot delete: what is left is no backup
                    self.remove(backup, names)
                    removed.append(mark)
        return removed

    def remove(self, backup: str, names: Sequence[str]) -> None:
        """Remove a backup's files, its entry first, so that what is half removed is none; its mark last."""
        mine = [name for name in names if name.startswith(f"{backup}/")]
        head = f"{backup}/{ENTRY}"
        with suppress(StorageTrouble):  # not all may
            self.storage.forget_unfinished(self.at(f"{backup}/"))
        for name in sorted(mine, key=lambda name: name != head):
            self.storage.remove(self.at(name))
        self.storage.remove(self.at(f"{INCOMPLETE}{backup}"))

    def _writer(self, mark: str) -> Writer | None:
        """Return who wrote a mark; None: it cannot be understood."""
        try:
            return from_json(self.storage.read(self.at(mark)), Writer)
        except (msgspec.DecodeError, StorageTrouble):
            return None


class BucketStaged(Staged):
    """A backup that is being written into a bucket."""

    def __init__(self, shelf: Shelf, kind: str, removed: list[str]) -> None:
        super().__init__(shelf.system, kind, removed)
        self._shelf, self._written = shelf, dict[str, StoredFile]()
        self.id = _free_id(shelf.names(), kind, self.started_at)
        self._mark = shelf.at(f"{INCOMPLETE}{self.id}")
        shelf.storage.put_bytes(self._mark, msgspec.json.encode(this_writer()))

    @contextmanager
    def new(self, name: str) -> Iterator[Writable]:
        """See `Staged`."""
        with self._shelf.storage.new(self._shelf.at(f"{self.id}/{name}")) as there:
            file = _Counted(there)
            yield file
        self._written[name] = StoredFile(name=name, size=file.size, sha256=file.sha256.hexdigest())

    def forget(self, below: str) -> None:
        """See `Staged`. What cannot be removed there is left out of the entry."""
        mine = [name for name in self._written if name.startswith(below)]
        for name in mine:
            del self._written[name]
            with suppress(StorageTrouble):
                self._shelf.storage.remove(self._shelf.at(f"{self.id}/{name}"))

    def give_up(self) -> None:
        """Remove what was written; what cannot be removed now the next backup removes."""
        with suppress(StorageTrouble):
            self._shelf.remove(self.id, self._shelf.names())

    def _files(self) -> list[StoredFile]:
        return [self._written[name] for name in sorted(self._written)]

    def _publish(self, entry: Entry) -> None:
        """Prove that every file arrived, and write the entry."""
        storage, below = self._shelf.storage, self._shelf.at(f"{self.id}/")
        there = storage.sizes(below)
        for file in entry.files:
            if (size := there.get(f"{below}{file.name}")) != file.size:
                raise StorageTrouble(
                    f"{file.name} was sent with {file.size} bytes, and the storage has {size or 'none'} of it.",
                    "Look at the storage's own log; then take the backup again.",
                )
        self._require_arrived(entry.files)
        data = encode(entry)
        storage.put_bytes(f"{below}{ENTRY}", data)
        if storage.read(f"{below}{ENTRY}") != data:
            raise StorageTrouble("The entry is there with another content.", "Look at the storage's own log.")
        with suppress(StorageTrouble):
            storage.remove(self._mark)

    def _require_arrived(self, files: Sequence[StoredFile]) -> None:
        """Read back what the storage did not confirm by itself: that its parts' MD5 were right says less."""
        storage, below = self._shelf.storage, self._shelf.at(f"{self.id}/")
        unproven = [file for file in files if not storage.confirmed(f"{below}{file.name}")]
        found = at_once(lambda file: storage.digest(f"{below}{file.name}"), unproven)
        for file, (size, digest) in zip(unproven, found, strict=True):
            if (size, digest) != (file.size, file.sha256):
                raise StorageTrouble(
                    f"{file.name} arrived with SHA-256 {digest[:12]}…, and was sent with {file.sha256[:12]}….",
                    "Take the backup again; if it stays so, the storage or the way to it is broken.",
                )


class _Counted:
    """Counts what is written."""

    def __init__(self, there: Writable) -> None:
        self._there, self.size, self.sha256 = there, 0, sha256()

    def write(self, data: bytes, /) -> None:
        self._there.write(data)
        self.size += len(data)
        self.sha256.update(data)


@contextmanager
def staged_in_bucket(where: Where, system: str, kind: str) -> Iterator[BucketStaged]:
    """Remove what killed writers left, and give a backup to write; what is not finished is removed.

    Args:
        where: the repository.
        system: the system's name in the inventory.
        kind: ``full``, ``incremental`` or ``snapshot``.

    Raises:
        StorageTrouble: the bucket cannot be used.
        AlreadyWriting: another process of this machine writes a backup of this system.
    """
    shelf = Shelf(open_storage(where), system)
    backup = BucketStaged(shelf, kind, shelf.remove_abandoned())
    try:
        yield backup
    finally:
        if not backup.finished:
            backup.give_up()


def _free_id(names: Sequence[str], kind: str, at: datetime) -> str:
    """Return an id that no backup has, and none that is being written."""
    taken = {name.partition("/")[0].removeprefix(INCOMPLETE) for name in names}
    while (found := new_id(kind, at)) in taken:
        at += timedelta(seconds=1)
    return found

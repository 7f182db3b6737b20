"""Writes a backup into a repository, from the host where its data is: whole and under its name, or not at all.

For programs that run there. In a folder one writer a system at a time: a lock that the kernel frees when its holder
dies.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from actions.backups.repository.entry import (
    ENTRY,
    INCOMPLETE,
    LOCK,
    Covers,
    Entry,
    StoredFile,
    encode,
    new_id,
)
from actions.backups.storage.storage import Writable
from journal.errors import CleoError
from journal.store.whole_file import flush_folder, replace_whole


class RepositoryTrouble(CleoError):
    """The repository cannot be written to, or is not there."""


class AlreadyWriting(CleoError):
    """Another backup of the same system is being written."""


class Staged(ABC):
    """A backup that is being written, and that `finish` makes a backup of.

    Attributes:
        id: the backup's id.
        started_at: when it began, in UTC.
        removed: names of what earlier backups left incomplete, and this one removed.
        finished: whether it is a backup now.
    """

    id: str

    def __init__(self, system: str, kind: str, removed: list[str]) -> None:
        self._system, self._kind, self.removed = system, kind, removed
        self.started_at, self.finished = datetime.now(UTC), False

    @abstractmethod
    def new(self, name: str) -> AbstractContextManager[Writable]:
        """Give a file of the backup to write; one of that name that was written before is replaced."""

    @abstractmethod
    def forget(self, below: str) -> None:
        """Remove the files that were written so far and whose names begin so."""

    @abstractmethod
    def _files(self) -> list[StoredFile]:
        """Return what was written, with its digests."""

    @abstractmethod
    def _publish(self, entry: Entry) -> None:
        """Make a backup of it, whole."""

    def finish(
        self,
        type_: str,
        *,
        covers: Covers | None = None,
        consistent_at: datetime | None = None,
        builds_on: str = "",
        server: Mapping[str, Any] | None = None,
        facts: Mapping[str, Any] | None = None,
    ) -> Entry:
        """Write the entry, when every file is durably there with its digest.

        Args:
            type_: the type of system. The others are the fields of `Entry`.

        Raises:
            OSError, StorageTrouble: something cannot be read or written.
        """
        files = self._files()
        entry = Entry(
            id=self.id,
            system=self._system,
            type=type_,
            kind=self._kind,
            started_at=self.started_at,
            ended_at=datetime.now(UTC),
            size=sum(file.size for file in files),
            files=files,
            covers=covers,
            consistent_at=consistent_at,
            builds_on=builds_on,
            server=server or {},
            facts=facts or {},
        )
        self._publish(entry)
        self.finished = True
        return entry


class FolderStaged(Staged):
    """A backup that is being written into a folder: what lies below ``folder`` is its files."""

    def __init__(self, shelf: Path, system: str, kind: str, removed: list[str]) -> None:
        super().__init__(system, kind, removed)
        self._shelf = shelf
        self.id = _free_id(shelf, kind, self.started_at)
        self.folder = shelf / f"{INCOMPLETE}{self.id}"
        self.folder.mkdir(mode=0o700)

    @contextmanager
    def new(self, name: str) -> Iterator[Writable]:
        """See `Staged`."""
        path = self.folder / name
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with path.open("wb") as file:
            path.chmod(0o600)
            yield file

    def forget(self, below: str) -> None:
        """See `Staged`."""
        for path in _files(self.folder):
            if str(path.relative_to(self.folder)).startswith(below):
                path.unlink()

    def _files(self) -> list[StoredFile]:
        return [_stored(self.folder, path) for path in _files(self.folder)]

    def _publish(self, entry: Entry) -> None:
        for folder in [path for path in self.folder.rglob("*") if path.is_dir()]:
            flush_folder(folder)
        replace_whole(self.folder / ENTRY, encode(entry), 0o600)
        self.folder.rename(self._shelf / self.id)
        flush_folder(self._shelf)


@contextmanager
def staged(repository: Path, system: str, kind: str) -> Iterator[FolderStaged]:
    """Hold the system's lock, remove what earlier backups left incomplete, and give a folder for a new one.

    What was not finished when the block is left is removed; if we are killed, the next backup does that.

    Args:
        repository: the repository's folder; it must be there: one that is made could be beside a missing mount.
        system: the system's name in the inventory.
        kind: ``full``, ``incremental`` or ``snapshot``.

    Raises:
        RepositoryTrouble: the repository is not there, or cannot be written to (a full disk).
        AlreadyWriting: another process writes a backup of this system.
    """
    if not repository.is_dir():
        raise RepositoryTrouble(f"There is no folder {repository}.", "Make it, or mount what holds the backups there.")
    shelf = repository / system
    try:
        shelf.mkdir(mode=0o700, exist_ok=True)
        with locked(shelf):
            backup = FolderStaged(shelf, system, kind, remove_incomplete(shelf))
            try:
                yield backup
            finally:
                shutil.rmtree(backup.folder, ignore_errors=True)
    except (ConnectionError, TimeoutError):
        raise  # the server's that is backed up, not the disk's
    except OSError as error:
        raise RepositoryTrouble(
            f"The backup could not be written to {shelf}: {error.strerror or error}.",
            "The backups that were there are untouched. Make room, or mend what the message names; then run it again.",
        ) from error


def remove_incomplete(shelf: Path) -> list[str]:
    """Remove what killed backups left of a system, and return its names. Call it only under the system's lock."""
    found = sorted(shelf.glob(f"{INCOMPLETE}*"))
    for folder in found:
        shutil.rmtree(folder)
    return [folder.name for folder in found]


def digest(path: Path) -> str:
    """Return a file's SHA-256 in hexadecimal.

    Raises:
        OSError: it cannot be read to its end.
    """
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def locked(shelf: Path) -> Iterator[None]:
    """Hold a system's lock. Who holds it is written into the file, for people; a file left behind locks nothing.

    Raises:
        AlreadyWriting: another process has it.
    """
    descriptor = os.open(shelf / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(descriptor, 200, 0).decode("utf-8", "replace").strip()
            raise AlreadyWriting(
                f"Another backup is being written to {shelf} ({holder or 'by whom is not known'}).",
                "Wait for it, or end it; then run this one again.",
            ) from None
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"process {os.getpid()} since {datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}\n".encode(), 0)
        yield
    finally:
        os.close(descriptor)


def _free_id(shelf: Path, kind: str, at: datetime) -> str:
    """Return an id that no backup has: of several in one second, the later ones are named by the seconds after it."""
    while (shelf / (found := new_id(kind, at))).exists():
        at += timedelta(seconds=1)
    return found


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if not path.is_dir())


def _stored(folder: Path, path: Path) -> StoredFile:
    """Flush a file to its disk, and return what the entry says of it."""
    with path.open("rb") as file:
        os.fsync(file.fileno())
        size = os.fstat(file.fileno()).st_size
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    return StoredFile(name=str(path.relative_to(folder)), size=size, sha256=sha256)

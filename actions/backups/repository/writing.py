"""Writes a backup into a repository, on the host where that lies: whole and under its name, or not at all.

For programs that run there. One writer a system at a time: a lock that the kernel frees when its holder dies.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
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
from journal.errors import CleoError
from journal.store.whole_file import replace_whole


class RepositoryTrouble(CleoError):
    """The repository cannot be written to, or is not there."""


class AlreadyWriting(CleoError):
    """Another backup of the same system is being written."""


class Staged:
    """A backup that is being written: files go below ``folder``, and `finish` makes a backup of them.

    Attributes:
        id: the backup's id.
        folder: where its files go.
        started_at: when it began, in UTC.
        removed: names of what earlier backups left incomplete, and this one removed.
    """

    def __init__(self, shelf: Path, system: str, kind: str, removed: list[str]) -> None:
        self._shelf, self._system, self._kind, self.removed = shelf, system, kind, removed
        self.started_at = datetime.now(UTC)
        self.id = _free_id(shelf, kind, self.started_at)
        self.folder = shelf / f"{INCOMPLETE}{self.id}"
        self.folder.mkdir(mode=0o700)

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
        """Flush and digest every file, write the entry, and give the folder its name.

        Args:
            type_: the type of system. The others are the fields of `Entry`.

        Raises:
            OSError: something cannot be read or written.
        """
        files = [_stored(self.folder, path) for path in _files(self.folder)]
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
        for folder in [path for path in self.folder.rglob("*") if path.is_dir()]:
            _flush(folder)
        replace_whole(self.folder / ENTRY, encode(entry), 0o600)
        self.folder.rename(self._shelf / self.id)
        _flush(self._shelf)
        return entry


@contextmanager
def staged(repository: Path, system: str, kind: str) -> Iterator[Staged]:
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
            backup = Staged(shelf, system, kind, remove_incomplete(shelf))
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


def _flush(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

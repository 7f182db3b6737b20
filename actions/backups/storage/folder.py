"""A folder as a `Storage`: another disk, or what is mounted there."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from actions.backups.storage.storage import PIECE, Missing, Stat, Storage, StorageTrouble, Unreadable
from journal.store.whole_file import flush_folder

_PART = ".cleo-part"
"""The end of the name of a file that is being written. One that is left is written over by the next try."""


class Folder(Storage):
    """A folder. It must be there: one that is made could be beside a missing mount.

    Raises:
        StorageTrouble: there is none.
    """

    def __init__(self, path: str) -> None:
        self._path = Path(path)
        if not self._path.is_dir():
            raise StorageTrouble(f"There is no folder {path}.", "Make it, or mount what is to be there.")

    def stats(self, below: str) -> Mapping[str, Stat]:
        """See `Storage`. Links are left out."""
        found = {}
        with self._words(self._path / below):
            for folder, _, names in os.walk(self._path / below, onerror=_raise):
                for name in names:
                    path = Path(folder, name)
                    if not name.endswith(_PART) and not path.is_symlink():
                        with suppress(FileNotFoundError):  # it was renamed or removed since
                            seen = path.stat()
                            one = Stat(size=seen.st_size, mtime_ns=seen.st_mtime_ns)
                            found[str(path.relative_to(self._path))] = one
        return found

    def pieces(self, name: str) -> Iterator[bytes]:
        """See `Storage`."""
        path = self._path / name
        with self._words(path):
            try:
                with path.open("rb") as file:
                    while piece := file.read(PIECE):
                        yield piece
            except FileNotFoundError:
                raise
            except OSError as error:
                why = error.strerror or str(error)
                raise Unreadable(f"{path}: {why}.", "Mend what it says.", why) from error

    def put_bytes(self, name: str, data: bytes) -> None:
        """See `Storage`."""
        with self.new(name) as file:
            file.write(data)

    def remove(self, name: str) -> None:
        """See `Storage`."""
        with self._words(self._path / name):
            (self._path / name).unlink(missing_ok=True)

    def forget_unfinished(self, below: str) -> None:
        """See `Storage`: what is left is written over by the next try."""

    @contextmanager
    def new(self, name: str) -> Iterator[BinaryIO]:
        """See `Storage`."""
        with self._words(self._path / name), self._new(name) as file:
            yield file

    @contextmanager
    def _new(self, name: str) -> Iterator[BinaryIO]:
        """Give a file that gets its name once all is on the disk."""
        path = self._path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f".{path.name}{_PART}")
        try:
            with part.open("wb") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            part.replace(path)
        except BaseException:
            part.unlink(missing_ok=True)
            raise
        flush_folder(path.parent)

    @contextmanager
    def _words(self, path: Path) -> Iterator[None]:
        try:
            yield
        except FileNotFoundError as error:
            if not self._path.is_dir():
                raise StorageTrouble(f"The folder {self._path} is gone.", "Is what was mounted there gone?") from error
            raise Missing(f"There is no file {error.filename or path}.") from error
        except OSError as error:
            raise StorageTrouble(
                f"{error.filename or path}: {error.strerror or error}.", "Make room, or mend what it says."
            ) from error


def _raise(error: OSError) -> None:
    if not isinstance(error, FileNotFoundError):  # nothing was put there yet
        raise error

"""Files of backups as programs read them: on this host, or straight out of a bucket, each compared with its digest."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Literal

import msgspec

from actions.backups.repository.entry import StoredFile
from actions.backups.storage.places import open_storage
from actions.backups.storage.storage import Storage, StorageTrouble, Where


class Stock(msgspec.Struct, frozen=True, kw_only=True):
    """Files of backups in a bucket.

    Attributes:
        where: the system's folder there.
        files: what their entries say of them, by ``<id>/<name>``.
    """

    where: Where
    files: Mapping[str, StoredFile]


class BucketFile:
    """One file in a bucket, read like a file here."""

    def __init__(self, storage: Storage, where: str, name: str, said: StoredFile) -> None:
        self._storage, self._where, self._name, self._said = storage, where, name, said

    @property
    def size(self) -> int:
        """Its bytes, by its entry."""
        return self._said.size

    @contextmanager
    def open(self, mode: Literal["rb"] = "rb") -> Iterator[_Reader]:
        """Give it to read; whoever reads to its end knows that it is what its entry says."""
        yield _Reader(self._storage.pieces(self._name), self._said, str(self))

    def __str__(self) -> str:
        return f"{self._where}/{self._name}"


DataFile = Path | BucketFile
"""A file of a backup."""


class _Reader:
    """What is left to read of a file."""

    def __init__(self, pieces: Iterator[bytes], said: StoredFile, name: str) -> None:
        self._pieces, self._said, self._name = pieces, said, name
        self._rest, self._read, self._found = b"", 0, sha256()

    def read(self, most: int = -1) -> bytes:
        """Return the next bytes, ``most`` of them at most; none at its end.

        Raises:
            StorageTrouble: it cannot be read, or is not what was backed up.
        """
        while len(self._rest) < most or most < 0:
            piece = next(self._pieces, b"")
            if not piece:
                self._require_same()
                break
            self._read += len(piece)
            self._found.update(piece)
            self._rest += piece
        end = len(self._rest) if most < 0 else most
        found, self._rest = self._rest[:end], self._rest[end:]
        return found

    def _require_same(self) -> None:
        if (self._read, self._found.hexdigest()) != (self._said.size, self._said.sha256):
            raise StorageTrouble(
                f"{self._name} is not what was backed up: {self._read} bytes, SHA-256 {self._found.hexdigest()[:12]}…",
                "Restore from another backup, and look what changed this one.",
            )


class Files:
    """Finds files of backups by the paths that an order names.

    Args:
        stock: those in a bucket; None: all are on this host.
    """

    def __init__(self, stock: Stock | None) -> None:
        self._stock = stock
        self._storage = open_storage(stock.where) if stock else None

    def one(self, path: str) -> DataFile:
        """Return one file."""
        name = self._in_bucket(path)
        return self._bucket_file(name) if name is not None else Path(path)

    def below(self, folder: str) -> Mapping[str, DataFile]:
        """Return all files below a folder, by their names in it."""
        name = self._in_bucket(folder)
        if name is None or not self._stock:
            there = Path(folder)
            return {str(path.relative_to(there)): path for path in sorted(there.rglob("*")) if path.is_file()}
        mine = [each for each in self._stock.files if each.startswith(f"{name}/")]
        return {each.removeprefix(f"{name}/"): self._bucket_file(each) for each in mine}

    def _in_bucket(self, path: str) -> str | None:
        """Return a path's name in the bucket; None: it is none there."""
        begin = f"{self._stock.where.place}/" if self._stock else ""
        return path.removeprefix(begin) if begin and path.startswith(begin) else None

    def _bucket_file(self, name: str) -> BucketFile:
        assert self._stock and self._storage
        return BucketFile(self._storage, self._stock.where.place, name, self._stock.files[name])


def size_of(file: DataFile) -> int:
    """Return how many bytes a file has."""
    return file.size if isinstance(file, BucketFile) else file.stat().st_size


def text_of(file: DataFile) -> str:
    """Return a small file's text.

    Raises:
        OSError, StorageTrouble, UnicodeError: it cannot be read.
    """
    with file.open("rb") as opened:
        return opened.read().decode()

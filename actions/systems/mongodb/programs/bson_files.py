"""Files of BSON documents, one behind the other, as mongodump writes them: read in batches, never whole."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from actions.backups.repository.stock import DataFile

if TYPE_CHECKING:
    from bson.raw_bson import RawBSONDocument

_READ_BYTES = 8 << 20
_LEAST = 5
"""Bytes of the smallest document: its length and its end."""
_MOST = 17 << 20
"""Bytes of the largest document: an oplog entry may be a little more than 16 MiB."""


class CutShort(Exception):
    """A file ends within a document, or holds what is none."""


class Batch(NamedTuple):
    """Some documents, and their bytes together."""

    documents: list[RawBSONDocument]
    size: int


class RawBatch(NamedTuple):
    """Some documents as they lie in a file, and how many they are."""

    data: bytes
    number: int


def read_raw_batches(path: DataFile, *, most_bytes: int, most_documents: int) -> Iterator[RawBatch]:
    """Yield a file's documents in their order, as they lie there.

    Args:
        path: the file.
        most_bytes: bytes of a batch, which one document alone may exceed.
        most_documents: documents of a batch.

    Raises:
        CutShort: the file does not end with a document.
        OSError: it cannot be read.
    """
    rest = b""
    with path.open("rb") as file:
        while chunk := file.read(_READ_BYTES):
            rest += chunk
            begin = end = count = 0
            for at, length in _lengths(path, rest):
                if count and (at + length - begin > most_bytes or count >= most_documents):
                    yield RawBatch(rest[begin:end], count)
                    begin, count = at, 0
                end, count = at + length, count + 1
            if count:
                yield RawBatch(rest[begin:end], count)
            rest = rest[end:]
    if rest:
        raise CutShort(f"{path} ends in the middle of a document")


def _lengths(path: DataFile, data: bytes) -> Iterator[tuple[int, int]]:
    """Yield where each whole document begins, and its length in bytes."""
    at, size = 0, len(data)
    while size - at >= _LEAST:
        length = int.from_bytes(data[at : at + 4], "little")
        if not _LEAST <= length <= _MOST:
            raise CutShort(f"{path} holds what is no document (a length of {length} bytes)")
        if size - at < length:
            return
        yield at, length
        at += length


def read_batches(path: DataFile, *, most_bytes: int, most_documents: int) -> Iterator[Batch]:
    """Yield a file's documents in their order.

    Args:
        path: the file.
        most_bytes: bytes of a batch, which one document alone may exceed.
        most_documents: documents of a batch.

    Raises:
        CutShort: the file does not end with a document.
        OSError: it cannot be read.
    """
    from bson.raw_bson import DEFAULT_RAW_BSON_OPTIONS, RawBSONDocument

    options = DEFAULT_RAW_BSON_OPTIONS.with_options(tz_aware=True)
    for batch in read_raw_batches(path, most_bytes=most_bytes, most_documents=most_documents):
        data, lengths = batch.data, _lengths(path, batch.data)
        documents = [RawBSONDocument(data[at : at + length], options) for at, length in lengths]
        yield Batch(documents, len(data))

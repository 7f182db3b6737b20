"""Files of BSON documents, one behind the other, as mongodump writes them: read in batches, never whole."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

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


def read_batches(path: Path, *, most_bytes: int, most_documents: int) -> Iterator[Batch]:
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
    documents: list[RawBSONDocument] = []
    size = 0
    for raw in _documents(path):
        if documents and (size + len(raw) > most_bytes or len(documents) >= most_documents):
            yield Batch(documents, size)
            documents, size = [], 0
        documents.append(RawBSONDocument(raw, options))
        size += len(raw)
    if documents:
        yield Batch(documents, size)


def _documents(path: Path) -> Iterator[bytes]:
    """Yield each document's bytes."""
    rest, at = b"", 0
    with path.open("rb") as file:
        while chunk := file.read(_READ_BYTES):
            rest = rest[at:] + chunk
            at = 0
            while len(rest) - at >= _LEAST:
                length = int.from_bytes(rest[at : at + 4], "little")
                if not _LEAST <= length <= _MOST:
                    raise CutShort(f"{path} holds what is no document (a length of {length} bytes)")
                if len(rest) - at < length:
                    break
                yield rest[at : at + length]
                at += length
    if len(rest) != at:
        raise CutShort(f"{path} ends in the middle of a document")

"""What tells a document from every other, and whether it is the same as another: its ``_id``, and a digest."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from bson.codec_options import CodecOptions
    from bson.raw_bson import RawBSONDocument

_BYTES = 16


class Document(NamedTuple):
    """One document: what its ``_id`` is compared by, ``{_id: …}`` as BSON, its digest, and itself as BSON."""

    key: bytes
    id: bytes
    digest: bytes
    raw: bytes


def raw_options() -> CodecOptions[Any]:
    """Return the options by which documents come as they lie there."""
    from bson.codec_options import CodecOptions, DatetimeConversion
    from bson.raw_bson import RawBSONDocument

    return CodecOptions(
        document_class=RawBSONDocument, tz_aware=True, datetime_conversion=DatetimeConversion.DATETIME_AUTO
    )


def digest_of(raw: bytes | memoryview) -> bytes:
    """Return a document's digest."""
    return hashlib.blake2b(raw, digest_size=_BYTES).digest()


def documents(found: Iterable[RawBSONDocument]) -> Iterator[Document]:
    """Yield documents with what tells them apart."""
    from bson import encode

    for one in found:
        value = one["_id"]
        yield Document(key_of(value), encode({"_id": value}), digest_of(one.raw), bytes(one.raw))


def id_in(text: bytes) -> Any:
    """Return the ``_id`` that ``{_id: …}`` has."""
    from bson import decode

    return decode(text, codec_options=raw_options())["_id"]


def key_of(value: Any) -> bytes:
    """Return what an ``_id`` is compared by: to the server 7, 7 as a long and 7.0 are one."""
    from bson import encode

    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return f"number {int(value)}".encode()
    return encode({"": value})

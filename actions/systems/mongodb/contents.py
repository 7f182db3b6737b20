"""What some documents are, in a few numbers: how many, their size, and digests to compare them by.

Two digests. The server's ``dbHash`` is the MD5 of a collection's documents, one behind the other, in the order of
``_id`` (of a capped collection, in the order of their insertion): documents that were read in that order need no
second look. For documents in any order: the sum of each one's own digest.
"""

from __future__ import annotations

import hashlib
import struct

_BYTES = 16
"""Of a document's own digest (BLAKE2b); sums are taken modulo 2 to the power of 128."""
_MOD = 1 << (8 * _BYTES)
_LEAST = 5
"""Bytes of the smallest document."""
_LENGTH = struct.Struct("<i").unpack_from
"""Reads what a document begins with: its length."""


class BrokenDocument(Exception):
    """Bytes that should be documents are not."""


class Contents:
    """Counts and digests of the documents that it is given.

    Args:
        in_order: they come in the order in which ``dbHash`` reads them; else the digest for any order is made.
    """

    def __init__(self, *, in_order: bool) -> None:
        self.count = 0
        self.size = 0
        self._md5 = hashlib.md5(usedforsecurity=False) if in_order else None
        self._sum = 0

    def add(self, documents: bytes | memoryview) -> int:
        """Add some documents, one behind the other.

        Returns:
            Where the last of them begins.

        Raises:
            BrokenDocument: they do not end with a document.
        """
        found = _each(documents)
        self.size += len(documents)
        self.count += len(found)
        if self._md5:
            self._md5.update(documents)
        else:
            each = (hashlib.blake2b(documents[at:end], digest_size=_BYTES).digest() for at, end in found)
            self._sum += sum(int.from_bytes(digest, "little") for digest in each)
        return found[-1][0] if found else 0

    @property
    def md5(self) -> str:
        """What ``dbHash`` says of the same documents; empty: they did not come in its order."""
        return self._md5.hexdigest() if self._md5 else ""

    @property
    def digest(self) -> str:
        """The digest for any order; empty where there is the other one."""
        return "" if self._md5 else f"{self._sum % _MOD:0{2 * _BYTES}x}"


def _each(documents: bytes | memoryview) -> list[tuple[int, int]]:
    """Return where each document begins and ends."""
    found, at, size = [], 0, len(documents)
    while at < size:
        end = at + _LENGTH(documents, at)[0] if size - at >= _LEAST else size + 1
        if end < at + _LEAST or end > size:
            raise BrokenDocument(f"at byte {at} of {size} there is no whole document")
        found.append((at, end))
        at = end
    return found

"""The interface of a place for files, and its errors. For programs on the host that reaches the place."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from hashlib import sha256
from typing import Protocol

import msgspec

from journal.errors import CleoError

PIECE = 1 << 20
"""How many bytes are read at a time."""


class StorageTrouble(CleoError):
    """A place cannot be reached, read or written: its message says which and why."""


class Missing(StorageTrouble):
    """There is no such file in the place."""


class Unreadable(StorageTrouble):
    """One file cannot be read, though its place can: ``why`` says what its disk says."""

    def __init__(self, message: str, hint: str, why: str) -> None:
        super().__init__(message, hint)
        self.why = why


class Where(msgspec.Struct, frozen=True, kw_only=True):
    """Which place is meant. It holds no secret.

    Attributes:
        place: a folder, or ``s3://BUCKET/PREFIX``.
        endpoint: the address of S3-compatible storage; empty: Amazon's.
        credentials: a file that only its owner can read, as AWS's own programs have it (``aws_access_key_id``,
            ``aws_secret_access_key``); empty: whatever boto3 finds (a role).
        profile: which section of it.
        certificates: a file with the certificates to trust beside the usual ones; empty: the usual ones.
    """

    place: str
    endpoint: str = ""
    credentials: str = ""
    profile: str = "default"
    certificates: str = ""


def in_bucket(place: str) -> bool:
    """Whether a place is a bucket, and not a folder."""
    return place.startswith("s3://")


class Stat(msgspec.Struct, frozen=True, kw_only=True):
    """What a place says of a file without reading it.

    Attributes:
        size: its bytes.
        mtime_ns: when it was last changed, in nanoseconds; 0: the place has no such time that could be kept.
        tag: what the place calls this content, and no other of that name (an ETag): it proves nothing, and says that
            nothing was changed; empty: it calls it nothing.
    """

    size: int
    mtime_ns: int = 0
    tag: str = ""


class Writable(Protocol):
    """A file that is being written."""

    def write(self, data: bytes, /) -> object:
        """Write at its end."""


class Storage(ABC):
    """Files by name (``a/b/c``). Each method raises `StorageTrouble` where the place does not let it."""

    @abstractmethod
    def stats(self, below: str) -> Mapping[str, Stat]:
        """Return what is known of every file whose name begins with ``below``, which ends in ``/`` or is empty."""

    def sizes(self, below: str) -> Mapping[str, int]:
        """Return the size in bytes of every file whose name begins with ``below``, which ends in ``/`` or is empty."""
        return {name: one.size for name, one in self.stats(below).items()}

    @abstractmethod
    def pieces(self, name: str) -> Iterator[bytes]:
        """Yield a file's content.

        Raises:
            Missing: there is none of that name.
        """

    @abstractmethod
    def put_bytes(self, name: str, data: bytes) -> None:
        """Do as `new`, with a content that is in memory."""

    @abstractmethod
    def new(self, name: str) -> AbstractContextManager[Writable]:
        """Give a file that is written piece by piece, and is durably there once the block is left without an error.

        Else it is not there at all, or as it was before: one of that name is replaced.
        """

    def confirmed(self, name: str) -> bool:
        """Whether the place itself confirmed the SHA-256 of a file that was written by this `Storage`, as it arrived.

        Where it did not, only reading it back proves what is there.
        """
        return False

    @abstractmethod
    def remove(self, name: str) -> None:
        """Remove a file, where it is there."""

    @abstractmethod
    def forget_unfinished(self, below: str) -> None:
        """Have what killed writers left of files below a name taken away, where the place keeps that."""

    def remains(self, below: str) -> str:
        """Return what the place still keeps of files that were removed below a name, in words; empty: nothing."""
        return ""

    def findings(self) -> Sequence[str]:
        """Return what the place itself does to files that must stay, a line each; a folder does nothing."""
        return ()

    def notes(self) -> Sequence[str]:
        """Return what people should know of how the place keeps files, a line each; of a folder nothing."""
        return ()

    def read(self, name: str) -> bytes:
        """Return a small file's content.

        Raises:
            Missing: there is none of that name.
        """
        return b"".join(self.pieces(name))

    def digest(self, name: str) -> tuple[int, str]:
        """Return the size and the SHA-256 of a file, by reading it to its end: what a storage says proves nothing.

        Raises:
            Missing: there is none of that name.
        """
        found, size = sha256(), 0
        for piece in self.pieces(name):
            found.update(piece)
            size += len(piece)
        return size, found.hexdigest()

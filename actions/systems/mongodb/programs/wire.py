"""Inserts documents as they lie in a file, by MongoDB's wire protocol (OP_MSG, "document sequence").

A client library takes each document into its hands and puts it down again; here a part of the file is the message, and
the processors are the server's. With pymongo the same took longer than mongorestore does. It is used for all else.
"""

from __future__ import annotations

import itertools
import socket
import struct
from pathlib import Path
from typing import Any

_HEADER = struct.Struct("<iiii")
_OP_MSG = 2013
_ANSWER_S = 600.0
"""Seconds for an answer: a batch of 8 MB takes a fraction of one."""


class NotInserted(Exception):
    """The server does not take a document; ``code`` is its word for why."""

    def __init__(self, words: str, code: int) -> None:
        super().__init__(words)
        self.code = code


class Inserter:
    """One connection to a server on a Unix socket; not safe to use from two threads."""

    _numbers = itertools.count(1)

    def __init__(self, path: Path) -> None:
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(_ANSWER_S)
        self._socket.connect(str(path))

    def close(self) -> None:
        """Close the connection."""
        self._socket.close()

    def insert(self, database: str, collection: str, documents: bytes, *, ordered: bool) -> None:
        """Insert documents that lie one behind the other, past the collection's validator.

        Raises:
            NotInserted: the server does not take one of them.
            OSError: the connection is gone.
        """
        from bson import decode, encode

        command = {"insert": collection, "ordered": ordered, "bypassDocumentValidation": True, "$db": database}
        body = b"\0" + encode(command)
        sequence = b"\1" + struct.pack("<i", 4 + len(b"documents\0") + len(documents)) + b"documents\0"
        size = _HEADER.size + 4 + len(body) + len(sequence) + len(documents)
        head = _HEADER.pack(size, next(self._numbers), 0, _OP_MSG) + b"\0\0\0\0"
        self._socket.sendall(b"".join((head, body, sequence)))
        self._socket.sendall(documents)
        answer: dict[str, Any] = decode(self._answer())
        first = (answer.get("writeErrors") or [None])[0]
        if first:
            raise NotInserted(f"a document is not taken (code {first['code']})", int(first["code"]))
        if not answer.get("ok"):
            raise NotInserted(str(answer.get("errmsg", "it failed")), int(answer.get("code", 0)))

    def _answer(self) -> bytes:
        """Return the document that the server answers with: flags and the section's kind are left out."""
        size = _HEADER.unpack(self._receive(_HEADER.size))[0]
        return self._receive(size - _HEADER.size)[5:]

    def _receive(self, size: int) -> bytes:
        parts, left = [], size
        while left:
            part = self._socket.recv(min(left, 1 << 20))
            if not part:
                raise ConnectionError("the server closed the connection")
            parts.append(part)
            left -= len(part)
        return b"".join(parts)

"""The chain of hashes: how a row is turned into bytes and hashed, and the short form of a hash.

``journal/verify.py`` computes the same from the same description, on purpose without this module: a checker that
shares code with what it checks shares its mistakes.

A row's hash is the SHA-256 of its columns in the order of the table (without ``hash`` itself, so that
``prev_hash`` comes last), each written as ``i<decimal>;`` for an integer or ``t<bytes>:<UTF-8 bytes>`` for a text.
No two different rows give the same bytes. A run's output digest is the SHA-256 over all its rows
(``n``, ``at``, ``stream``, ``text``; each holds one or more lines), written in the same way, one after another.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

GENESIS = "0" * 64
"""The ``prev_hash`` of the first row."""


def to_bytes(columns: Iterable[int | str]) -> bytes:
    """Return columns as bytes; two different rows never give the same."""
    pieces: list[bytes] = []
    for column in columns:
        if isinstance(column, int):
            pieces.append(b"i%d;" % column)
        else:
            text = column.encode()
            pieces.append(b"t%d:" % len(text))
            pieces.append(text)
    return b"".join(pieces)


def row_hash(columns: Iterable[int | str]) -> str:
    """Return the hash of an event's columns, ``seq`` to ``prev_hash``."""
    return hashlib.sha256(to_bytes(columns)).hexdigest()


def short_head(head: str) -> str:
    """Return the form of a head's hash that can be read out over a phone, such as ``7f3a-09bc``.

    Its 32 bits tell journals and their states apart; against somebody with a computer and a motive, compare the whole.
    """
    return f"{head[:4]}-{head[4:8]}"

"""What entries of an oplog say, told without the server that wrote them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

from actions.systems.mongodb.dump_layout import BUCKETS

_KEPT = ("op", "ns", "o", "o2", "b")
"""Fields of an entry that say what it does; the others name sessions, terms and collections of the server that wrote it
(``ui lsid txnNumber stmtId prevOpTime t h``)."""


class Stopped(Exception):
    """Replay cannot go beyond an entry.

    Attributes:
        at: the entry's position.
        why: what stands in the way.
    """

    def __init__(self, at: str, why: str) -> None:
        super().__init__(f"at {at}: {why}")
        self.at = at
        self.why = why


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """Up to where to replay.

    Attributes:
        through: the last entry's position; empty: no such limit.
        before: the instant at which nothing more is replayed; None: no such limit.
    """

    through: str = ""
    before: datetime | None = None


def subjects(database: str, verb: str, o: Mapping[str, Any]) -> list[str]:
    """Return the full names of the collections that a command is about; ``database.*`` for a whole database."""
    if verb == "dropDatabase":
        return [f"{database}.*"]
    return [o[verb], o["to"]] if verb == "renameCollection" else [f"{database}.{o[verb]}"]


def words(operation: Mapping[str, Any]) -> str:
    """Return what an operation is about, without any of its contents."""
    names = {"i": "an insertion into", "u": "a change in", "d": "a deletion from"}
    if operation["op"] in names:
        return f"{names[operation['op']]} {operation['ns']}"
    return f"{next(iter(operation['o']))} of {operation['ns']}"


def kept(operation: Mapping[str, Any]) -> dict[str, Any]:
    """Return what of an entry says what it does."""
    return {key: operation[key] for key in _KEPT if key in operation}


def plain_name(namespace: str) -> str:
    """Return a collection's full name; of a time series' buckets, that of the time series."""
    return namespace.replace(f".{BUCKETS}", ".", 1)

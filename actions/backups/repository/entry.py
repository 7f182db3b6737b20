"""What a repository says of one backup: its file ``entry.json``."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec

from journal.errors import CleoError
from journal.structs import from_json

ENTRY = "entry.json"
INCOMPLETE = ".incomplete-"
LOG = "log"
LOCK = ".lock"
EXPIRED = "expired"
"""The folder of a system that has the entries of backups that were removed, each as ``<id>.json``."""
_LETTERS = {"full": "F", "incremental": "I", "snapshot": "S"}
_ID = re.compile(r"[0-9]{8}-[0-9]{6}[FIS]")


class StoredFile(msgspec.Struct, frozen=True, kw_only=True):
    """One file of a backup: its path below the backup's folder, its size in bytes, its SHA-256 in hexadecimal."""

    name: str
    size: int
    sha256: str


class Covers(msgspec.Struct, frozen=True, kw_only=True):
    """From which position to which one a backup leads, in the form of its type of system (`PositionForm`)."""

    from_: str = msgspec.field(name="from")
    to: str


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One backup. It is written once, and never again: a storage may lock it.

    Attributes:
        id: ``YYYYMMDD-HHMMSSF`` by the time it began, in UTC; the last letter is its kind's.
        system: the name in the inventory of what was backed up; ``type``: what type of system that is.
        kind: ``full``, ``incremental`` or ``snapshot``.
        started_at: when it began, in UTC; ``ended_at``: when all of it was written.
        size: of all its files together, in bytes.
        files: every file beside the entry.
        covers: the positions it leads from and to; None where its type knows none.
        consistent_at: the instant that it shows: whatever was committed by then is in it, and nothing later. None: its
            parts show different instants.
        builds_on: the id of the backup that a restore needs beside it; empty: it needs none.
        server: the server's version, and whatever else a restore must find the same.
        facts: whatever else was measured.
    """

    id: str
    system: str
    type: str
    kind: str
    started_at: datetime
    ended_at: datetime
    size: int
    files: Sequence[StoredFile]
    covers: Covers | None = None
    consistent_at: datetime | None = None
    builds_on: str = ""
    server: Mapping[str, Any] = {}
    facts: Mapping[str, Any] = {}


class NoEntry(CleoError):
    """A file of a repository is not what its name says."""


def new_id(kind: str, at: datetime) -> str:
    """Return the id of a backup of this kind that begins at an instant.

    Raises:
        ValueError: there is no such kind.
    """
    if kind not in _LETTERS:
        raise ValueError(f"{kind!r} is no kind of backup: {', '.join(_LETTERS)}")
    return f"{at.astimezone(UTC):%Y%m%d-%H%M%S}{_LETTERS[kind]}"


def is_id(name: str) -> bool:
    """Whether a folder is called like a backup."""
    return bool(_ID.fullmatch(name))


def encode(entry: Entry) -> bytes:
    """Return an entry as its file has it."""
    return msgspec.json.format(msgspec.json.encode(entry), indent=1) + b"\n"


def decode_entry(data: bytes | str, where: str) -> Entry:
    """Return the entry that a file holds.

    Args:
        data: the file's content.
        where: the file, for people.

    Raises:
        NoEntry: it is cut off, or no entry.
    """
    try:
        return from_json(data, Entry)
    except (msgspec.DecodeError, UnicodeError) as error:
        raise NoEntry(f"{where} cannot be read: {error}.", "Take another backup; this one cannot be used.") from error

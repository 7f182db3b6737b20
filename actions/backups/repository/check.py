"""Reads every file of one backup and compares its SHA-256 with the entry: ``python -m …repository.check FOLDER``.

In a bucket: ``… ID WHERE``, with where the system's backups lie as JSON (`actions.backups.storage.storage.Where`).

It prints a JSON object a line: ``{"read": BYTES, "of": BYTES}`` while it reads, ``{"damaged": NAME, "why": WORDS}`` for
each file that is not what the entry says, and at last ``{"files": N, "bytes": BYTES, "damaged": N}``. Exit status 0:
every file is whole; 1: some are not; 2: there is no backup to check.
"""

from __future__ import annotations

import hashlib
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from actions.backups.repository.entry import ENTRY, Entry, NoEntry, StoredFile, decode_entry
from actions.backups.storage.places import open_storage
from actions.backups.storage.storage import Missing, Storage, Unreadable, Where
from journal.errors import CleoError
from journal.structs import from_json

_TELL_EVERY_S = 0.5


def main(folder: str, where: str = "") -> int:
    """Check the backup in ``folder``; return the exit status."""
    place = from_json(where, Where) if where else Where(place=str(Path(folder).absolute().parent))
    backup = folder if where else Path(folder).absolute().name
    try:
        storage = open_storage(place)
        entry = decode_entry(storage.read(f"{backup}/{ENTRY}"), f"{place.place}/{backup}/{ENTRY}")
        return 1 if _check(storage, backup, entry) else 0
    except Missing:
        return _cannot(f"There is no backup in {place.place}/{backup}: it has no {ENTRY}.")
    except NoEntry as error:
        return _cannot(error.message)
    except CleoError as error:
        return _cannot(f"{error.message} {error.hint}".strip())


def _check(storage: Storage, backup: str, entry: Entry) -> int:
    """Read all files; return how many are not what the entry says."""
    tell, damaged = _Teller(entry.size), 0
    for file in entry.files:
        if why := _damage(storage, f"{backup}/{file.name}", file, tell.read):
            damaged += 1
            _say({"damaged": file.name, "why": why})
    _say({"files": len(entry.files), "bytes": entry.size, "damaged": damaged})
    return damaged


class _Teller:
    """Says twice a second how much was read."""

    def __init__(self, of: int) -> None:
        self._of, self._read, self._told = of, 0, time.monotonic()

    def read(self, size: int) -> None:
        self._read += size
        if time.monotonic() - self._told >= _TELL_EVERY_S:
            self._told = time.monotonic()
            _say({"read": self._read, "of": self._of})


def _damage(storage: Storage, name: str, file: StoredFile, read: Callable[[int], None]) -> str:
    """Return why a file is not what the entry says; empty: it is.

    Raises:
        StorageTrouble: the bucket cannot be used now: that says nothing of the file.
    """
    found, size = hashlib.sha256(), 0
    try:
        for piece in storage.pieces(name):
            found.update(piece)
            size += len(piece)
            read(len(piece))
    except Missing:
        return "it is missing"
    except Unreadable as error:
        return f"it cannot be read: {error.why}"
    if size != file.size:
        return f"it has {size} bytes, and had {file.size}"
    return "" if found.hexdigest() == file.sha256 else "its content was changed"


def _say(what: dict[str, Any]) -> None:
    print(json.dumps(what), flush=True)


def _cannot(words: str) -> int:
    print(words, file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

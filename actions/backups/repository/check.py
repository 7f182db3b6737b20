"""Reads every file of one backup and compares its SHA-256 with the entry: ``python -m …repository.check FOLDER``.

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

_PIECE = 1 << 20
_TELL_EVERY_S = 0.5


def main(folder: str) -> int:
    """Check the backup in ``folder``; return the exit status."""
    try:
        entry = decode_entry(Path(folder, ENTRY).read_bytes(), f"{folder}/{ENTRY}")
    except OSError as error:
        return _cannot(f"There is no backup in {folder}: {error.strerror}.")
    except NoEntry as error:
        return _cannot(error.message)
    return 1 if _check(Path(folder), entry) else 0


def _check(folder: Path, entry: Entry) -> int:
    """Read all files; return how many are not what the entry says."""
    tell, damaged = _Teller(entry.size), 0
    for file in entry.files:
        if why := _damage(folder / file.name, file, tell.read):
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


def _damage(path: Path, file: StoredFile, read: Callable[[int], None]) -> str:
    """Return why a file is not what the entry says; empty: it is."""
    found, size = hashlib.sha256(), 0
    try:
        with path.open("rb") as opened:
            while piece := opened.read(_PIECE):
                found.update(piece)
                size += len(piece)
                read(len(piece))
    except FileNotFoundError:
        return "it is missing"
    except OSError as error:
        return f"it cannot be read: {error.strerror}"
    if size != file.size:
        return f"it has {size} bytes, and had {file.size}"
    return "" if found.hexdigest() == file.sha256 else "its content was changed"


def _say(what: dict[str, Any]) -> None:
    print(json.dumps(what), flush=True)


def _cannot(words: str) -> int:
    print(words, file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))

"""Removes backups from a repository: ``python -m …repository.remove FOLDER ID…``, on the host where it lies.

The entry of each is kept in ``expired/``: so it can be told later that it was removed on purpose. Then it loses its
name, so that what is half removed is taken for no backup; should this be killed, the next backup removes the rest. Exit
status 0: all are gone; 1: some are not, the reason is on standard error.

In a bucket: ``… ORDER ID…``, an order in JSON (`RemoveOrder`). There the entry goes first; what a bucket that keeps
versions keeps all the same is printed: ``{"remains": WORDS}``.
"""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import msgspec

from actions.backups.repository.bucket_writing import Shelf
from actions.backups.repository.entry import ENTRY, EXPIRED, INCOMPLETE, is_id
from actions.backups.repository.writing import locked, remove_incomplete
from actions.backups.storage.places import open_storage
from actions.backups.storage.storage import Where
from journal.errors import CleoError
from journal.store.whole_file import replace_whole
from journal.structs import from_json


class RemoveOrder(msgspec.Struct, frozen=True, kw_only=True):
    """Of which system in which bucket backups are removed."""

    where: Where
    system: str


def main(shelf: str, ids: Sequence[str]) -> int:
    """Remove backups of one system; return the exit status."""
    try:
        if shelf.startswith("{"):
            _remove_from_bucket(from_json(shelf, RemoveOrder), ids)
            return 0
        with locked(Path(shelf)):
            remove_incomplete(Path(shelf))
            for backup in ids:
                _remove(Path(shelf), backup)
    except CleoError as error:
        print(f"{error.message} {error.hint}".strip(), file=sys.stderr)
        return 1
    except OSError as error:
        print(f"{error.filename}: {error.strerror}", file=sys.stderr)
        return 1
    return 0


def _remove_from_bucket(order: RemoveOrder, ids: Sequence[str]) -> None:
    """Remove backups; what marks one as incomplete is there before its entry goes.

    Raises:
        StorageTrouble: it is not allowed, or the bucket cannot be used.
    """
    storage = open_storage(order.where)
    shelf = Shelf(storage, order.system)
    names, remains = shelf.names(), list[str]()
    for backup in ids:
        if not is_id(backup) or f"{backup}/{ENTRY}" not in names:
            continue
        storage.put_bytes(shelf.at(f"{EXPIRED}/{backup}.json"), storage.read(shelf.at(f"{backup}/{ENTRY}")))
        storage.put_bytes(shelf.at(f"{INCOMPLETE}{backup}"), b"{}")
        shelf.remove(backup, names)
        if kept := storage.remains(shelf.at(f"{backup}/")):
            remains.append(f"{backup}: {kept}")
    if remains:
        print(json.dumps({"remains": "; ".join(remains)}), flush=True)


def _remove(shelf: Path, backup: str) -> None:
    if not is_id(backup) or not (shelf / backup).is_dir():
        return
    (shelf / EXPIRED).mkdir(mode=0o700, exist_ok=True)
    with suppress(FileNotFoundError):
        replace_whole(shelf / EXPIRED / f"{backup}.json", (shelf / backup / ENTRY).read_bytes())
    gone = (shelf / backup).rename(shelf / f"{INCOMPLETE}{backup}")
    shutil.rmtree(gone)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))

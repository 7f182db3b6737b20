"""Writes or removes one small file of a bucket: ``python -m …repository.change ORDER`` (a `ChangeOrder` in JSON).

Exit status 1: it could not be done; standard error says why, and then what helps.
"""

from __future__ import annotations

import sys

import msgspec

from actions.backups.storage.places import open_storage
from actions.backups.storage.storage import StorageTrouble, Where
from journal.errors import CleoError
from journal.structs import from_json


class ChangeOrder(msgspec.Struct, frozen=True, kw_only=True):
    """What to change: a file's name, and its content; None: it is removed."""

    where: Where
    name: str
    text: str | None


def main(order: str) -> int:
    """Do what a `ChangeOrder` in JSON says; return the exit status."""
    try:
        change(from_json(order, ChangeOrder))
    except CleoError as error:
        print(f"{error.message}\n{error.hint}".strip(), file=sys.stderr)
        return 1
    return 0


def change(order: ChangeOrder) -> None:
    """Do it, and read back what was written.

    Raises:
        StorageTrouble: it could not be done.
    """
    storage = open_storage(order.where, quick=True)
    if order.text is None:
        storage.remove(order.name)
        return
    data = order.text.encode()
    storage.put_bytes(order.name, data)
    if storage.read(order.name) != data:
        raise StorageTrouble(f"{order.name} is there with another content.", "Look at the storage's own log.")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))

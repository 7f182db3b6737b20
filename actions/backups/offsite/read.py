"""Prints one file of the second place: ``python -m actions.backups.offsite.read ORDER NAME`` (an `Order` in JSON).

Its SHA-256 is compared with what was copied. Exit status 1: it is not printed, the reason is on standard error.
"""

from __future__ import annotations

import sys
from hashlib import sha256

from actions.backups.offsite.index import NO_INDEX, load_index
from actions.backups.offsite.order import Order
from actions.backups.offsite.target import NotFetched
from actions.backups.storage.places import open_storage
from journal.errors import CleoError
from journal.structs import from_json


def main(order: str, name: str) -> int:
    """Do what an `Order` in JSON says; return the exit status."""
    try:
        text = read(from_json(order, Order), name)
    except CleoError as error:
        print(f"{error.message} {error.hint}".strip(), file=sys.stderr)
        return 1
    sys.stdout.buffer.write(text)
    return 0


def read(order: Order, name: str) -> bytes:
    """Return the content of a file as it was copied.

    Raises:
        CleoError: it was not copied, is not there, or is not what was copied.
    """
    storage = open_storage(order.where)
    if (index := load_index(storage, order.system)) is None:
        raise NotFetched(f"Nothing tells what was copied of {order.system}.", NO_INDEX)
    if name not in index.files:
        raise NotFetched(f"No {name} of {order.system} was copied.", "Look with cleo backup list.")
    found = storage.read(f"{order.system}/{name}")
    if sha256(found).hexdigest() != index.files[name].sha256:
        raise NotFetched(f"In the second place {order.system}/{name} has another content than was copied.")
    return found


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

"""What drills from the second place came to: one file beside the copy of a system's repository, replaced by each.

``python -m actions.backups.offsite.drills ORDER DRILLED`` adds one (an `Order` and a `Drilled` in JSON).
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

import msgspec

from actions.backups.marks import Mark
from actions.backups.offsite.order import Order, tell
from actions.backups.storage.places import open_storage
from actions.backups.storage.storage import Missing, Storage
from journal.errors import CleoError
from journal.structs import from_json

_KEPT = 20


class Drilled(msgspec.Struct, frozen=True, kw_only=True):
    """What restoring one backup (``label``) from there came to."""

    label: str
    mark: Mark


def drills_name(system: str) -> str:
    """Return the name of the file: outside of the copy, as the index is."""
    return f"{system}.drills.json"


def load_drills(storage: Storage, system: str) -> Sequence[Drilled]:
    """Return what is known, the latest last; nothing where nothing was written, or it cannot be understood."""
    try:
        return from_json(storage.read(drills_name(system)), list[Drilled])
    except (Missing, msgspec.DecodeError, UnicodeError):
        return []


def main(order: str, drilled: str) -> int:
    """Add what a `Drilled` in JSON says to the place of an `Order`; return the exit status."""
    asked, found = from_json(order, Order), from_json(drilled, Drilled)
    try:
        storage = open_storage(asked.where)
        known = [*load_drills(storage, asked.system), found][-_KEPT:]
        storage.put_bytes(drills_name(asked.system), msgspec.json.format(msgspec.json.encode(known), indent=1))
    except CleoError as error:
        print(f"{error.message} {error.hint}".strip(), file=sys.stderr)
        return 1
    tell(known=len(known))
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

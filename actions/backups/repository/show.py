"""Shows what a bucket has of one system: ``python -m …repository.show ORDER`` (a `ShowOrder` in JSON).

It prints one JSON object, a `Shown`. Exit status 1: nobody could look; standard error says why, and then what helps.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from fnmatch import fnmatch

import msgspec

from actions.backups.repository.entry import ENTRY
from actions.backups.storage.at_once import at_once
from actions.backups.storage.places import open_storage
from actions.backups.storage.storage import Where
from journal.errors import CleoError
from journal.structs import from_json


class ShowOrder(msgspec.Struct, frozen=True, kw_only=True):
    """What to show.

    Attributes:
        where: the bucket.
        below: what the names begin with that are meant, with a ``/`` at its end.
        texts: patterns of the names, behind ``below``, whose content is shown, too.
        entries: of how many of the newest backups the entry is shown beside those; 0: of none, below 0: of all.
    """

    where: Where
    below: str
    texts: Sequence[str] = ()
    entries: int = 0


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """What is there: sizes in bytes and texts, by the names behind ``below``."""

    sizes: Mapping[str, int] = {}
    texts: Mapping[str, str] = {}


def main(order: str) -> int:
    """Do what a `ShowOrder` in JSON says; return the exit status."""
    try:
        shown = show(from_json(order, ShowOrder))
    except CleoError as error:
        print(f"{error.message}\n{error.hint}".strip(), file=sys.stderr)
        return 1
    print(msgspec.json.encode(shown).decode(), flush=True)
    return 0


def show(order: ShowOrder) -> Shown:
    """Return what is there.

    Raises:
        StorageTrouble: nobody can look.
    """
    storage = open_storage(order.where, quick=True)
    sizes = {name.removeprefix(order.below): size for name, size in storage.sizes(order.below).items()}
    wanted = [name for name in sizes if any(fnmatch(name, pattern) for pattern in order.texts)]
    entries = sorted(name for name in sizes if name.count("/") == 1 and name.endswith(f"/{ENTRY}"))
    wanted += (entries[-order.entries :] if order.entries > 0 else entries) if order.entries else []
    texts = at_once(lambda name: storage.read(f"{order.below}{name}").decode("utf-8", "replace"), wanted)
    return Shown(sizes=sizes, texts=dict(zip(wanted, texts, strict=True)))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))

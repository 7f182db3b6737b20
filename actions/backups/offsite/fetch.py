"""Brings backups back from the second place: ``python -m actions.backups.offsite.fetch ORDER`` (an `Order` in JSON).

Each file's SHA-256 is compared with what was copied before it has its name; the files that tell of others come last, so
that nothing is a backup before all of it is there. A file that is here with the same content stays; one with another
content is never replaced. Exit status 0: all is here; 3: all but what is damaged there is; 1: it is not.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping, Sequence
from fnmatch import fnmatch

from actions.backups.offsite.index import NO_INDEX, Copied, load_index, without_index
from actions.backups.offsite.order import Order, tell
from actions.backups.offsite.target import NotFetched, open_target, require_same
from actions.backups.repository.entry import ENTRY
from actions.backups.storage.at_once import at_once
from actions.backups.storage.places import open_storage
from actions.backups.storage.storage import Missing, Storage
from journal.errors import CleoError
from journal.structs import from_json

PARTLY = 3
"""The exit status where all is here but what is damaged or missing there."""
_TELL_EVERY_S = 0.5
_NAMED = 5


def main(order: str) -> int:
    """Do what an `Order` in JSON says; return the exit status."""
    try:
        fetch(from_json(order, Order))
    except CleoError as error:
        print(f"{error.message} {error.hint}".strip(), file=sys.stderr)
        return PARTLY if isinstance(error, _PartlyFetched) else 1
    except OSError as error:
        print(f"{error.filename or 'a file here'}: {error.strerror}", file=sys.stderr)
        return 1
    return 0


def fetch(order: Order) -> None:
    """Bring back what is not here.

    Raises:
        CleoError: what is there cannot be used, or something else is here.
        OSError: it cannot be written here.
    """
    storage = open_storage(order.where)
    index = load_index(storage, order.system)
    files = index.files if index else {}
    wanted = {name: one for name, one in files.items() if not order.only or name.startswith(tuple(order.only))}
    if index is None and (lost := without_index(storage, order.system)):
        raise NotFetched(f"In the second place {lost}: nobody can tell what was copied.", NO_INDEX)
    if not wanted:
        raise NotFetched(f"Nothing of {order.system} was copied that fits.", "Look with cleo backup list.")
    fetch, begun = _Fetch(storage, order, wanted), time.monotonic()
    heads = [name for name in wanted if _tells(name, order.heads)]
    fetch.bring([name for name in wanted if name not in heads])
    broken = {name.partition("/")[0] for name in fetch.damaged}
    fetch.bring([name for name in heads if name.partition("/")[0] not in broken or not name.endswith(f"/{ENTRY}")])
    tell(**fetch.did, seconds=round(time.monotonic() - begun, 2))
    if lines := [f"{name} {why}" for name, why in fetch.damaged.items()]:
        more = f", and {len(lines) - _NAMED} more files" if lines[_NAMED:] else ""
        raise _PartlyFetched(
            f"In the second place {'; '.join(lines[:_NAMED])}{more}: not fetched. All else is here.",
            "What needs them cannot be restored; take another backup.",
        )


class _PartlyFetched(NotFetched):
    """Some of it is damaged or missing there; all else is here."""


class _Fetch:
    """What was brought so far."""

    def __init__(self, storage: Storage, order: Order, wanted: Mapping[str, Copied]) -> None:
        self._storage, self._order, self._wanted = storage, order, wanted
        self._target = open_target(order)
        self._read, self._of, self._told = 0, sum(one.size for one in wanted.values()), time.monotonic()
        self.did: dict[str, float] = {"fetched": 0, "kept": 0, "bytes": 0}
        self.damaged: dict[str, str] = {}

    def bring(self, names: Sequence[str]) -> None:
        """Bring files, several at once."""
        for name, why in zip(names, at_once(self._one, names), strict=True):
            size = self._wanted[name].size
            if why is None:
                self.did["kept"] += 1
            elif why:
                self.damaged[name] = why
            else:
                self.did["fetched"] += 1
                self.did["bytes"] += size
            self._read += size
            if time.monotonic() - self._told > _TELL_EVERY_S:
                self._told = time.monotonic()
                tell(read=self._read, of=self._of)

    def _one(self, name: str) -> str | None:
        """Bring one file; return None where it is here already, else why it is not here afterwards."""
        one, order = self._wanted[name], self._order
        if self._target.has(name) and _tells(name, order.heads) and not f"/{name}".endswith(f"/{ENTRY}"):
            return None  # it tells of what is here, and is written anew with each backup
        if require_same(self._target, name, one, order.here.place):
            return None
        try:
            return self._target.bring(name, one, self._storage.pieces(f"{order.system}/{name}"))
        except Missing:
            return "is missing"


def _tells(name: str, heads: Sequence[str]) -> bool:
    """Whether a file tells of others."""
    return any(fnmatch(name, head) or fnmatch(name.rpartition("/")[2], head) for head in heads)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))

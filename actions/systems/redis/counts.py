"""How many keys a server has beside how many it should have: over all databases, with what expired and was evicted.

A key whose time has passed goes as a master loads its file, or later by itself. So of keys that never expire each one
must be there, in its database; the others may be fewer, by as many as the server says that it let expire.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import msgspec

from actions.systems.redis.config import databases
from actions.systems.redis.rdb import Keys
from journal.wording.counting import count

if TYPE_CHECKING:
    from redis import Redis


class Counted(msgspec.Struct, frozen=True, kw_only=True):
    """A server's keys at one moment, and what became of others since it was started.

    Attributes:
        databases: keys of each database.
        loaded, load_expired: keys that it loaded at its start, and that it left out because their time had passed;
            None: it does not say (before Redis 7).
        expired, evicted: keys that went since, because their time passed, and for want of memory.
        changes: writes since the last save, by whomever.
    """

    databases: Mapping[str, Keys]
    loaded: int | None = None
    load_expired: int | None = None
    expired: int = 0
    evicted: int = 0
    changes: int = 0

    @property
    def keys(self) -> int:
        """Keys of all databases."""
        return sum(one.keys for one in self.databases.values())

    def words(self) -> str:
        """Return the keys of each database, in words."""
        each = ", ".join(f"{name} {one.keys}" for name, one in sorted(self.databases.items()))
        return f"{count(self.keys, 'key')}{f' ({each})' if len(self.databases) > 1 else ''}"


def count_keys(client: Redis) -> Counted:
    """Count the keys of all databases at one moment."""
    info: Any = client.info("everything")
    return Counted(
        databases=databases(info),
        loaded=info.get("rdb_last_load_keys_loaded"),
        load_expired=info.get("rdb_last_load_keys_expired"),
        expired=int(info.get("expired_keys", 0)),
        evicted=int(info.get("evicted_keys", 0)),
        changes=int(info.get("rdb_changes_since_last_save", 0)),
    )


def differences(found: Counted, expected: Mapping[str, Keys], read: int | None) -> Iterator[str]:
    """Yield what is missing or too much, where nobody wrote since the load.

    Args:
        found: what the server has.
        expected: what the file had, by database, keys whose time had passed among them; empty: not known.
        read: how many keys the file had; None: not known.
    """
    if found.evicted:
        yield f"{count(found.evicted, 'key was', 'keys were')} evicted for want of memory"
    if read is not None and found.loaded is not None and found.loaded + (found.load_expired or 0) != read:
        yield f"{read} keys were in the file, {found.loaded} were loaded and {found.load_expired} had expired"
    if found.loaded is not None and read is not None and (gone := found.loaded - found.expired - found.keys):
        words = "keys are gone, and did not expire" if gone > 0 else "keys are there that were not loaded"
        yield f"{abs(gone)} {words}"
    for name in sorted({*expected, *found.databases} if expected else ()):
        yield from _of_database(name, found.databases.get(name, _NONE), expected.get(name, _NONE))


_NONE = Keys(keys=0, expires=0)


def _of_database(name: str, has: Keys, wanted: Keys) -> Iterator[str]:
    lasting, should = has.keys - has.expires, wanted.keys - wanted.expires
    if lasting != should:
        yield f"{name} has {lasting} keys that never expire, and should have {should}"
    if has.expires > wanted.expires:
        yield f"{name} has {has.expires} keys that expire, and should have {wanted.expires} at most"

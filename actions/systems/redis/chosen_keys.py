"""Finds some users' keys in a server, by what they are called and by a list."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

_BATCH = 2000
"""Keys that a server looks at in one command: it does nothing else meanwhile."""


class Chosen(msgspec.Struct, frozen=True, kw_only=True):
    """What tells some users' keys.

    Attributes:
        glob: by pattern of the inventory, the one that a server is asked by: it may take others' keys, too.
        regex: by pattern of the inventory, the one that takes theirs alone.
        told: the keys that a database told, by what they are called, with the number of Redis' database.
    """

    glob: Mapping[str, str]
    regex: Mapping[str, str]
    told: Mapping[str, tuple[int, list[str]]] = {}


def find_keys(client: Any, chosen: Chosen) -> Iterator[tuple[int, str, bytes]]:
    """Yield each of the users' keys that a server has: its database, what tells it, and the key.

    Args:
        client: a session with the server, which may read all of its databases; it ends in the first of them.
        chosen: what tells them.
    """
    info: Any = client.info("keyspace")
    for number in sorted(int(name.removeprefix("db")) for name in info if name.startswith("db")):
        client.execute_command("SELECT", number)
        found = set[bytes]()
        for pattern, glob in chosen.glob.items():
            meant = re.compile(chosen.regex[pattern].encode(), re.DOTALL)
            for key in _scan(client, glob):
                if key not in found and meant.fullmatch(key):
                    found.add(key)
                    yield number, pattern, key
        for name, (database, keys) in chosen.told.items():
            there = [key.encode() for key in dict.fromkeys(keys)] if database == number else []
            for key in there:
                if key not in found and client.exists(key):
                    found.add(key)
                    yield number, name, key
    client.execute_command("SELECT", 0)


def _scan(client: Any, glob: str) -> Iterator[bytes]:
    """Yield the keys of a database that are called so, as bytes, perhaps some of them twice."""
    cursor: Any = b"0"
    while True:
        reply: Any = client.execute_command("SCAN", cursor, "MATCH", glob, "COUNT", _BATCH, NEVER_DECODE=True)
        cursor, keys = reply[0], reply[1]
        yield from keys
        if int(cursor) == 0:
            return


def place(database: int, name: str) -> str:
    """Return what a kind of keys in a database is called in words."""
    return f"{name} in database {database}" if database else name

"""When collections that a backup holds were dropped: the oplog has the command that did it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import msgspec

from actions.systems.mongodb.oplog_position import format_position, parse_position
from journal.events.damage import DamageBegan
from journal.wording.counting import count

if TYPE_CHECKING:
    from pymongo import MongoClient

_SEARCH_MS = 30_000
"""Milliseconds for a search of the oplog."""
_COMMANDS = ("drop", "renameCollection")
"""A dropped database is a drop of each of its collections, too."""


class _Command(msgspec.Struct, frozen=True):
    """One command that takes collections away.

    Attributes:
        at: when it was carried out; ``position``: where the oplog has it.
        words: what it does to a collection, to be read after "was".
        namespace: which one.
    """

    at: datetime
    position: str
    words: str
    namespace: str


def find_drops(client: MongoClient[dict[str, Any]], missing: Mapping[str, int], since: str) -> list[DamageBegan]:
    """Return the commands that took away what the newest backup has and the server lacks, the earliest first.

    Where the oplog does not reach back to the backup, what it does not tell is left out.

    Args:
        client: a session with the server.
        missing: how many documents the backup has of each collection that is missing.
        since: the oplog position that the backup leads to.

    Raises:
        PyMongoError: the oplog cannot be read, or not in time.
    """
    found: dict[_Command, list[str]] = {}
    commands = list(_commands(client, since)) if missing else []
    for namespace in missing:
        if taken := [one for one in commands if one.namespace == namespace]:
            found.setdefault(taken[-1], []).append(namespace)
    lines = [_described(command, names, missing) for command, names in found.items()]
    return sorted(lines, key=lambda one: one.at)


def find_dropped_indexes(client: MongoClient[dict[str, Any]], missing: Sequence[str], since: str) -> list[DamageBegan]:
    """Return the commands that dropped indexes which are missing, the earliest first.

    Args:
        client: a session with the server.
        missing: the indexes, ``database.collection index``.
        since: the oplog position that the backup leads to.

    Raises:
        PyMongoError: the oplog cannot be read, or not in time.
    """
    if not missing:
        return []
    wanted = {"ts": {"$gt": parse_position(since)}, "op": "c", "o.dropIndexes": {"$exists": True}}
    found = {}
    for entry in client.local["oplog.rs"].find(wanted, sort=[("$natural", 1)]).max_time_ms(_SEARCH_MS):
        collection = f"{str(entry['ns']).partition('.')[0]}.{entry['o']['dropIndexes']}"
        name = f"{collection} {entry['o'].get('index')}"
        if name in missing:
            text = f"the index {entry['o']['index']} of {collection} was dropped"
            seen = f"in the oplog at {format_position(entry['ts'])}"
            found[name] = DamageBegan(at=entry["wall"].astimezone(UTC), text=text, seen=seen)
    return list(found.values())


def _commands(client: MongoClient[dict[str, Any]], since: str) -> Iterator[_Command]:
    """Yield the commands that the oplog has behind a position, in their order."""
    wanted = {
        "ts": {"$gt": parse_position(since)},
        "op": "c",
        "$or": [{f"o.{name}": {"$exists": True}} for name in _COMMANDS],
    }
    fields = {"ts": 1, "wall": 1, "ns": 1, "o": 1}
    for entry in client.local["oplog.rs"].find(wanted, fields, sort=[("$natural", 1)]).max_time_ms(_SEARCH_MS):
        yield from _parsed(entry)


def _parsed(entry: Mapping[str, Any]) -> Iterator[_Command]:
    at, position, command = entry["wall"].astimezone(UTC), format_position(entry["ts"]), entry["o"]
    database = str(entry["ns"]).partition(".")[0]
    if "drop" in command:
        yield _Command(at, position, "dropped", f"{database}.{command['drop']}")
    else:
        to = str(command["to"])
        yield _Command(at, position, f"renamed to {to}", str(command["renameCollection"]))


def _described(command: _Command, names: list[str], missing: Mapping[str, int]) -> DamageBegan:
    first = f"{names[0]} ({count(missing[names[0]], 'document')})"
    more = f" and {len(names) - 1} more" if len(names) > 1 else ""
    text = f"{first}{more} {'were' if more else 'was'} {command.words}"
    return DamageBegan(at=command.at, text=text, seen=f"in the oplog at {command.position}")

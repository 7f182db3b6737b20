"""Replays oplog entries on a server that nobody else uses, up to a point; stops by name at what it does not understand.

Documents are changed by ``applyOps``, without the fields that belong to the server that wrote the entries. Indexes are
not built: what the entries change about them is kept for later (`wanted_indexes`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from actions.systems.mongodb.oplog_position import format_position, parse_position
from actions.systems.mongodb.programs.oplog_entries import Stopped, Target, kept, plain_name, subjects, words
from actions.systems.mongodb.programs.transactions import Transactions, Unfinished
from actions.systems.mongodb.programs.wanted_indexes import UnknownChange, WantedIndexes

if TYPE_CHECKING:
    from pymongo import MongoClient

_DOCUMENTS = ("i", "u", "d")
_MORE = {"i": 1, "d": -1}
_MOST_OPERATIONS = 500
_MOST_BYTES = 4 << 20
_EXISTS, _MISSING = 48, 26
"""MongoDB's error codes: the collection is there already; there is none."""
_OF_A_SERVER = ("local", "config")
_HARMLESS = ("startIndexBuild", "abortIndexBuild", "dbCheck")
_AS_THEY_ARE = ("convertToCapped", "emptycapped")
_REDEFINING = ("create", "drop", "dropDatabase", "renameCollection", *_AS_THEY_ARE)
"""What makes a collection another one than it was in the dump."""


def _order(text: str) -> tuple[int, int]:
    """Return a position as something that can be compared; none is before all others."""
    at = parse_position(text) if text else None
    return (at.time, at.inc) if at else (0, 0)


class Replay:
    """A replay, and how far it is.

    Args:
        client: the server; documents come from it raw.
        indexes: those that the server is to have; they are changed.
        target: where it ends.
        consistent_at: the position from which on the data is whole; before it, entries may have had their effect.

    Attributes:
        applied: entries that changed something.
        last: the position of the last entry that counts; empty: none.
        last_at: when that one was written.
        newest_at: when the last change that was replayed was made.
        reached: whether an entry beyond the target was seen.
        first_open: the position of the first entry that was not replayed, though it is there; empty: none.
        first_open_at: when that one was written.
        changed: by collection, how many documents more it has by entries behind ``consistent_at`` (or buckets).
        redefined: collections that these made, dropped or renamed; ``database.*`` for a whole database.
        altered: collections whose options the replay changed.
    """

    def __init__(
        self, client: MongoClient[Any], indexes: WantedIndexes, target: Target, consistent_at: str = ""
    ) -> None:
        self._admin = client.admin
        self._indexes = indexes
        self._through = _order(target.through) if target.through else None
        self._before = target.before
        self._consistent_at = _order(consistent_at)
        self._transactions = Transactions()
        self._pending: list[tuple[str, dict[str, Any]]] = []
        self._pending_bytes = 0
        self._now = ""
        self._fuzzy = True
        self.changed: dict[str, int] = {}
        self.redefined: set[str] = set()
        self.altered: set[str] = set()
        self.applied = 0
        self.last = ""
        self.last_at: datetime | None = None
        self.newest_at: datetime | None = None
        self.reached = False
        self.first_open = ""
        self.first_open_at: datetime | None = None

    @property
    def unfinished(self) -> int:
        """Transactions that were begun, and neither committed nor aborted up to here: none of it counts."""
        return self._transactions.open

    def entry(self, entry: Mapping[str, Any]) -> bool:
        """Replay one entry.

        Returns:
            False where it lies beyond the target: it was left out, and nothing behind it counts.

        Raises:
            Stopped: it cannot be replayed. What lies before it was.
        """
        now, wall = format_position(entry["ts"]), entry.get("wall")
        if _order(now) <= _order(self.last):
            return True  # slices overlap
        if self._beyond(entry, wall):
            self.reached, self.first_open = True, now
            self.first_open_at = wall or entry["ts"].as_datetime()
            return False
        self._now, self._fuzzy = now, _order(now) <= self._consistent_at
        changes = self.applied
        if entry["op"] != "n":
            self._operation_or_stop(entry)
        self.last, self.last_at = now, wall or entry["ts"].as_datetime()
        if self.applied != changes:
            self.newest_at = self.last_at
        return True

    def finish(self) -> None:
        """Replay what still waits.

        Raises:
            Stopped: it cannot be replayed.
        """
        self._flush()

    def _beyond(self, entry: Mapping[str, Any], wall: datetime | None) -> bool:
        ts = entry["ts"]
        if self._through is not None and (ts.time, ts.inc) > self._through:
            return True
        return self._before is not None and (wall or ts.as_datetime()) >= self._before

    def _operation_or_stop(self, entry: Mapping[str, Any]) -> None:
        try:
            self._top_level(entry)
        except (UnknownChange, Unfinished) as error:
            raise Stopped(self._now, str(error)) from error

    def _top_level(self, entry: Mapping[str, Any]) -> None:
        """Take an entry of the oplog: one change, or a part of a transaction."""
        o = entry["o"]
        if entry["op"] == "c" and "applyOps" in o:
            ready = self._transactions.operations(entry)
        elif entry["op"] == "c" and "commitTransaction" in o:
            ready = self._transactions.committed(entry)
        elif entry["op"] == "c" and "abortTransaction" in o:
            self._transactions.aborted(entry)
            return
        else:
            self._operation(entry)
            return
        for operation in ready:
            self._operation(operation)

    def _operation(self, operation: Mapping[str, Any]) -> None:
        """Do one change."""
        op, namespace = operation["op"], operation["ns"]
        database = namespace.partition(".")[0]
        if op == "n" or database in _OF_A_SERVER or namespace == "admin.system.version":
            return
        if op in _DOCUMENTS:
            self._wait(operation)
            return
        if op != "c":
            raise UnknownChange(f"an entry of the kind {op!r} is not understood")
        o = operation["o"]
        verb = next(iter(o))
        if verb in _HARMLESS:
            return
        command = _COMMANDS.get(verb)
        if command is None and verb not in _AS_THEY_ARE:
            raise UnknownChange(f"the entry {verb} of {namespace} is not understood")
        self._flush()
        self.applied += 1
        if not self._fuzzy and verb in _REDEFINING:
            self.redefined |= {plain_name(name) for name in subjects(database, verb, o)}
        if command is None:
            self._apply([(self._now, kept(operation))])
            return
        command(self, database, o, operation)

    def _wait(self, operation: Mapping[str, Any]) -> None:
        """Have a change of a document done with others that follow it."""
        self._pending.append((self._now, kept(operation)))
        if not self._fuzzy:
            namespace = plain_name(operation["ns"])
            self.changed[namespace] = self.changed.get(namespace, 0) + _MORE.get(operation["op"], 0)
        self._pending_bytes += len(operation["o"].raw) if hasattr(operation["o"], "raw") else 0
        self.applied += 1
        if len(self._pending) >= _MOST_OPERATIONS or self._pending_bytes >= _MOST_BYTES:
            self._flush()

    def _flush(self) -> None:
        if self._pending:
            pending, self._pending, self._pending_bytes = self._pending, [], 0
            self._apply(pending)

    def _apply(self, operations: list[tuple[str, dict[str, Any]]], *passed_over: int) -> None:
        """Have the server do changes; ``passed_over`` are the error codes that say that it had been done already."""
        from pymongo.errors import OperationFailure

        try:
            self._admin.command("applyOps", [operation for _, operation in operations], bypassDocumentValidation=True)
        except OperationFailure as error:
            if self._fuzzy and error.code in passed_over:
                return
            details = error.details or {}
            results = list(details.get("results") or [])
            wrong = results.index(False) if False in results else len(operations) - 1
            at, operation = operations[min(wrong, len(operations) - 1)]
            why = f"the server does not take {words(operation)}: {details.get('errmsg') or error}"
            raise Stopped(at, why) from error

    # Commands. Each is called with the database, what the entry says, and the whole entry.

    def _create(self, database: str, o: Mapping[str, Any], entry: Mapping[str, Any]) -> None:
        self._apply([(self._now, kept(entry))], _EXISTS)
        if not self._fuzzy:
            self._indexes.drop_collection(f"{database}.{o['create']}")

    def _drop(self, database: str, o: Mapping[str, Any], entry: Mapping[str, Any]) -> None:
        self._apply([(self._now, kept(entry))], _MISSING)
        self._indexes.drop_collection(f"{database}.{o['drop']}")

    def _drop_database(self, database: str, o: Mapping[str, Any], entry: Mapping[str, Any]) -> None:
        self._apply([(self._now, kept(entry))], _MISSING)
        self._indexes.drop_database(database)

    def _rename(self, database: str, o: Mapping[str, Any], entry: Mapping[str, Any]) -> None:
        changed = {key: value for key, value in o.items() if key != "dropTarget"}
        if o.get("dropTarget"):  # it names the collection of the server that wrote the entry: ours would stay, renamed
            there, _, name = o["to"].partition(".")
            self._apply([(self._now, {"op": "c", "ns": f"{there}.$cmd", "o": {"drop": name}})], _MISSING)
        self._apply([(self._now, {**kept(entry), "o": changed})])
        self._indexes.rename(o["renameCollection"], o["to"])

    def _coll_mod(self, database: str, o: Mapping[str, Any], entry: Mapping[str, Any]) -> None:
        changed = dict(o)
        if index := changed.pop("index", None):
            self._indexes.change(f"{database}.{o['collMod']}", dict(index))
        if len(changed) > 1:
            self.altered.add(plain_name(f"{database}.{o['collMod']}"))
            self._apply([(self._now, {**kept(entry), "o": changed})], _MISSING)

    def _create_indexes(self, database: str, o: Mapping[str, Any], entry: Mapping[str, Any]) -> None:
        spec = {key: value for key, value in o.items() if key != "createIndexes"}
        self._indexes.add(f"{database}.{o['createIndexes']}", [spec])

    def _commit_index_build(self, database: str, o: Mapping[str, Any], entry: Mapping[str, Any]) -> None:
        self._indexes.add(f"{database}.{o['commitIndexBuild']}", [dict(spec) for spec in o["indexes"]])

    def _drop_indexes(self, database: str, o: Mapping[str, Any], entry: Mapping[str, Any]) -> None:
        collection = next(iter(o.values()))
        self._indexes.drop(f"{database}.{collection}", o["index"])


_COMMANDS: dict[str, Callable[[Replay, str, Mapping[str, Any], Mapping[str, Any]], None]] = {
    "create": Replay._create,
    "drop": Replay._drop,
    "dropDatabase": Replay._drop_database,
    "renameCollection": Replay._rename,
    "collMod": Replay._coll_mod,
    "createIndexes": Replay._create_indexes,
    "commitIndexBuild": Replay._commit_index_build,
    "dropIndexes": Replay._drop_indexes,
    "dropIndex": Replay._drop_indexes,
    "deleteIndexes": Replay._drop_indexes,
    "deleteIndex": Replay._drop_indexes,
}

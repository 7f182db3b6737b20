"""Looks at every collection: is it sound, and is it what the backup and the replayed oplog say?"""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal, cast

import msgspec

from actions.systems.mongodb.contents import Contents
from actions.systems.mongodb.dump_layout import BUCKETS, DumpedCollection
from actions.systems.mongodb.manifest import CollectionState, Manifest
from actions.systems.mongodb.programs.restore import Restored

if TYPE_CHECKING:
    from bson.raw_bson import RawBSONDocument
    from pymongo import MongoClient

_OWN = ("admin", "config", "local")
State = Literal["same", "counted", "changed", "wrong", "missing", "new", "unsound"]
_BATCH = 16 << 20


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """One collection.

    Attributes:
        namespace: its full name.
        state: ``same``: as in the backup, to the byte; ``counted``: changed by the replay, and as many documents as
            that makes; ``changed``: changed since, so that nothing is known; ``wrong``, ``missing``, ``new``: not as it
            is to be; ``unsound``: the server's own check found damage.
        count: its documents.
        text: what is wrong, or why nothing is known.
    """

    namespace: str
    state: State
    count: int = 0
    text: str = ""


class Expected(msgspec.Struct, frozen=True, kw_only=True):
    """What there is to compare with.

    Attributes:
        manifest: what the backup holds; None: nothing says so.
        definitions: its collections' definitions, by full name.
        restored: what this incident's restore came to; None: the data was not restored.
        written: collections that somebody wrote to since, by full name.
    """

    manifest: Manifest | None
    definitions: Mapping[str, DumpedCollection]
    restored: Restored | None
    written: Container[str]

    def is_exact(self, namespace: str, state: CollectionState) -> bool:
        """Whether it is known how many documents a collection is to have.

        Where the backup was not read at one moment, it is not known which of the changes meanwhile it has.
        """
        torn = bool(state.changed) and not (self.manifest and self.manifest.read_at)
        known = self.restored is not None and not torn
        return known and not self.is_redefined(namespace) and namespace not in self.written

    def is_redefined(self, namespace: str) -> bool:
        """Whether the replay made it another collection than the backup has."""
        if self.restored is None:
            return False
        whole = f"{namespace.partition('.')[0]}.*"
        return namespace in self.restored.redefined or whole in self.restored.redefined

    def count(self, namespace: str, state: CollectionState) -> int | None:
        """Return how many documents there are to be; None: a capped collection drops some by itself."""
        changed = self.restored.changed.get(namespace, 0) if self.restored else 0
        definition = self.definitions.get(namespace)
        return None if definition and definition.capped and self.is_changed(namespace) else state.count + changed

    def are_views_changed(self, database: str) -> bool:
        """Whether views of a database came, went or were changed: the server keeps them as documents."""
        views = f"{database}.system.views"
        return views in self.written or (self.restored is not None and views in self.restored.changed)

    def is_changed(self, namespace: str) -> bool:
        """Whether the replay changed any of its documents."""
        return self.restored is not None and namespace in self.restored.changed


def present(client: MongoClient[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return the users' collections, views and time series, by full name."""
    return {
        f"{database}.{one['name']}": dict(one)
        for database in client.list_database_names()
        if database not in _OWN
        for one in client[database].list_collections()
        if not one["name"].startswith("system.")
    }


def check(
    client: MongoClient[dict[str, Any]], found: Mapping[str, Mapping[str, Any]], expected: Expected
) -> Iterator[Case]:
    """Yield every collection that is there, or that is to be there.

    Raises:
        PyMongoError: the server cannot be asked.
    """
    states = dict(expected.manifest.collections) if expected.manifest else {}
    for namespace, one in found.items():
        if one["type"] == "view":
            yield _view(namespace, one, expected)
            continue
        database, _, name = namespace.partition(".")
        stored = f"{BUCKETS}{name}" if one["type"] == "timeseries" else name
        said = client[database].command("validate", stored)
        if not said.get("valid"):
            yield Case(namespace=namespace, state="unsound", count=said.get("nrecords", 0), text=_damage(said))
            continue
        yield _compared(client, namespace, one, int(said["nrecords"]), states.get(namespace), expected)
    for namespace, state in states.items():
        database = namespace.partition(".")[0]
        known = expected.is_redefined(namespace) or (state.kind == "view" and expected.are_views_changed(database))
        if namespace not in found and database not in _OWN and not known:
            yield Case(namespace=namespace, state="missing", text="the backup has it, and it is not there")


def _damage(said: Mapping[str, Any]) -> str:
    """Return the server's words on damage: how many errors, and the first; never a key or a document."""
    errors = [str(each) for each in said.get("errors") or ()]
    bad = [name for name, one in (said.get("indexDetails") or {}).items() if not one.get("valid", True)]
    indexes = f"; indexes {', '.join(bad)}" if bad else ""
    return (
        f"validate found {len(errors)} errors{indexes}: {errors[0].partition('{')[0] if errors else 'it is not valid'}"
    )


def _compared(
    client: MongoClient[dict[str, Any]],
    namespace: str,
    one: Mapping[str, Any],
    number: int,
    state: CollectionState | None,
    expected: Expected,
) -> Case:
    def case(is_: State, text: str = "") -> Case:
        return Case(namespace=namespace, state=is_, count=number, text=text)

    if state is None:
        known = expected.manifest is None or expected.is_redefined(namespace) or namespace in expected.written
        return (
            case("changed", "not in the backup") if known or not expected.restored else case("new", "not in the backup")
        )
    if not expected.is_exact(namespace, state):
        return case("changed", "written to since" if namespace in expected.written else "changed since the backup")
    definition = expected.definitions[namespace]
    altered = expected.restored is not None and namespace in expected.restored.altered
    if not altered and dict(one.get("options", {})) != dict(definition.options):
        return case("wrong", "its options are not the backup's")
    wanted = expected.count(namespace, state)
    if wanted is not None and wanted != number:
        return case("wrong", f"{number} documents, and {wanted} by the backup and the replayed oplog")
    if expected.is_changed(namespace):
        return case("counted" if wanted is not None else "changed")
    if not _is_same(client, namespace, one, state):
        return case("wrong", "its documents are not the backup's: their digest differs")
    return case("same")


def _view(namespace: str, one: Mapping[str, Any], expected: Expected) -> Case:
    definition = expected.definitions.get(namespace)
    changed = expected.are_views_changed(namespace.partition(".")[0])
    if definition is None or expected.restored is None or changed:
        return Case(namespace=namespace, state="changed", text="views were changed since")
    same = dict(one.get("options", {})) == dict(definition.options)
    return Case(namespace=namespace, state="same" if same else "wrong", text="" if same else "its definition differs")


def _is_same(
    client: MongoClient[dict[str, Any]], namespace: str, one: Mapping[str, Any], state: CollectionState
) -> bool:
    database, _, name = namespace.partition(".")
    stored = f"{BUCKETS}{name}" if one["type"] == "timeseries" else name
    if state.md5:
        hashes = client[database].command("dbHash", collections=[stored])["collections"]
        return bool(hashes.get(stored) == state.md5)
    if not state.digest:
        return True
    from bson.codec_options import CodecOptions
    from bson.raw_bson import RawBSONDocument

    raw: CodecOptions[Any] = CodecOptions(document_class=RawBSONDocument)
    found = client[database].get_collection(stored, codec_options=raw).find()
    contents = Contents(in_order=False)
    for document in cast("Iterator[RawBSONDocument]", found):
        contents.add(document.raw)
    return contents.digest == state.digest


def written_since(client: MongoClient[dict[str, Any]]) -> set[str]:
    """Return the collections that somebody wrote to, by the server's own oplog, which begins with its restore.

    Raises:
        PyMongoError: the oplog cannot be read.
    """
    oplog = client.local["oplog.rs"]
    own = {"$not": {"$regex": "^(admin|config|local)\\."}}
    plain: list[dict[str, Any]] = [{"$match": {"op": {"$in": ["i", "u", "d"]}, "ns": own}}, {"$group": {"_id": "$ns"}}]
    torn: list[dict[str, Any]] = [
        {"$match": {"op": "c", "o.applyOps": {"$exists": True}}},
        {"$unwind": "$o.applyOps"},
        {"$match": {"o.applyOps.ns": own}},
        {"$group": {"_id": "$o.applyOps.ns"}},
    ]
    names = [each["_id"] for stages in (plain, torn) for each in oplog.aggregate(stages)]
    return {str(name).replace(f".{BUCKETS}", ".", 1) for name in names}


def newest_document(client: MongoClient[dict[str, Any]], heartbeat: str) -> datetime | None:
    """Return the newest heartbeat, else None: an ``_id`` tells when its maker thought it was."""
    database, _, collection = heartbeat.partition(".")
    beat = client[database][collection].find_one({}, {"at": 1}, sort=[("at", -1)]) if collection else None
    at = beat.get("at") if beat else None
    return at if isinstance(at, datetime) else None

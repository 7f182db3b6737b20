"""A dump's files as mongodump lays them out, written and read by our own programs and by MongoDB's tools alike.

``<database>/<collection>.bson`` holds the documents, one behind the other; ``<collection>.metadata.json`` beside it
tells, in canonical extended JSON, the collection's options and indexes as the server lists them. A view has no
documents. A time series has its buckets' documents in ``system.buckets.<name>.bson``, and its definition under its own
name. ``oplog.bson`` holds the entries of the oplog from the dump's beginning to its end.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, cast, get_args
from urllib.parse import quote_plus, unquote_plus

import msgspec

from actions.backups.repository.stock import DataFile, Files, size_of, text_of
from actions.backups.storage.storage import StorageTrouble
from journal.errors import CleoError

DUMP = "dump"
"""The folder of a backup that has the dump."""
OPLOG = "oplog.bson"
BUCKETS = "system.buckets."
NOT_USERS = ("local", "config")
"""Databases that belong to one server or one cluster: mongodump writes some of ``config``, nobody restores it."""

ADMIN_COLLECTIONS = ("system.users", "system.roles", "system.version")
"""What of ``admin`` describes users: the rest of ``system.*`` there belongs to the server."""

_DATA, _METADATA = ".bson", ".metadata.json"
_LONGEST, _KEPT = 238, 208
"""A longer escaped name is cut off and gets a hash: mongodump's ``prepare.go``, so that a path fits 255 bytes."""

Kind = Literal["collection", "view", "timeseries"]


class NoDump(CleoError):
    """A folder does not hold what mongodump writes."""


class DumpedCollection(msgspec.Struct, frozen=True, kw_only=True):
    """One collection of a dump.

    Attributes:
        database: its database.
        name: its name; of a time series, the time series' own.
        kind: what ``listCollections`` calls its type.
        options: as ``listCollections`` tells them, in the server's order.
        indexes: as ``listIndexes`` tells them, with every option.
        uuid: as mongodump writes it, 32 hexadecimal digits; empty where it has none.
        data: the file with its documents; None: it has none of its own (a view).
    """

    database: str
    name: str
    kind: Kind = "collection"
    options: Mapping[str, Any] = {}
    indexes: Sequence[Mapping[str, Any]] = ()
    uuid: str = ""
    data: DataFile | None = None

    @property
    def namespace(self) -> str:
        """``database.collection``, as oplog and server call it."""
        return f"{self.database}.{self.name}"

    @property
    def into(self) -> str:
        """The collection that its documents lie in: a time series has its buckets."""
        return f"{BUCKETS}{self.name}" if self.kind == "timeseries" else self.name

    @property
    def capped(self) -> bool:
        """Whether the order of its documents counts."""
        return bool(self.options.get("capped"))

    @property
    def size(self) -> int:
        """Bytes of its documents."""
        return size_of(self.data) if self.data else 0


def is_restorable(database: str, collection: str) -> bool:
    """Whether a collection is the users' (their logins and roles included), and not one server's own."""
    if database in NOT_USERS or collection == "system.profile":
        return False
    if database == "admin" and collection.startswith("system."):
        return collection in ADMIN_COLLECTIONS
    return collection != "system.views"


def file_stem(collection: str) -> str:
    """Return the name of a collection's files without their ends, as mongodump has it."""
    escaped = quote_plus(collection, safe="")
    if len(escaped) <= _LONGEST:
        return escaped
    digest = hashlib.sha1(collection.encode(), usedforsecurity=False).digest()
    return f"{escaped[:_KEPT]}%24{base64.urlsafe_b64encode(digest).decode().rstrip('=')}"


def data_file(dump: Path, database: str, collection: str) -> Path:
    """Return the file of a collection's documents; of a time series ask for its buckets' collection."""
    return dump / database / f"{file_stem(collection)}{_DATA}"


def metadata_file(dump: Path, database: str, collection: str) -> Path:
    """Return the file that defines a collection; of a time series, view or collection by its own name."""
    return dump / database / f"{file_stem(collection)}{_METADATA}"


def definition_text(what: DumpedCollection) -> str:
    """Return what defines a collection, as its file has it."""
    from bson.json_util import CANONICAL_JSON_OPTIONS, dumps

    document: dict[str, Any] = {"options": dict(what.options)} if what.options else {}
    document["indexes"] = list(what.indexes)
    if what.uuid:
        document["uuid"] = what.uuid
    document |= {"collectionName": what.name, "type": what.kind}
    return dumps(document, json_options=CANONICAL_JSON_OPTIONS, ensure_ascii=False, separators=(",", ":"))


def write_definition(dump: Path, what: DumpedCollection) -> Path:
    """Write what defines a collection, and return the file."""
    path = metadata_file(dump, what.database, what.name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(definition_text(what), encoding="utf-8")
    return path


def read_dump(dump: Path) -> list[DumpedCollection]:
    """Return everything that a folder's dump holds (see `read_dumped`)."""
    return read_dumped(Files(None).below(str(dump)), str(dump))


def read_dumped(files: Mapping[str, DataFile], where: str) -> list[DumpedCollection]:
    """Return everything that a dump holds, views last; ``config`` and ``local`` are left out.

    Args:
        files: its files, by their names in it.
        where: its folder, for people.

    Raises:
        NoDump: there is no dump, a definition cannot be read, or data has no definition.
    """
    if not files:
        raise NoDump(f"There is no dump in {where}.", "Take another backup.")
    databases = sorted({name.partition("/")[0] for name in files if "/" in name} - {*NOT_USERS})
    found = [one for database in databases for one in _read_database(database, files)]
    return sorted(found, key=lambda one: (one.kind == "view", one.namespace))


def read_definition(file: DataFile, name: str) -> DumpedCollection:
    """Return what a definition's file says, without its data; ``name`` is its name in the dump.

    Raises:
        NoDump: it cannot be read, or is none.
    """
    try:
        text = text_of(file)
    except (OSError, UnicodeError, StorageTrouble) as error:
        raise NoDump(f"{file} cannot be read: {error}.", "Take another backup.") from error
    database, _, stem = name.removesuffix(_METADATA).partition("/")
    return parse_definition(text, database, unquote_plus(stem), str(file))


def parse_definition(text: str, database: str, name: str, where: str) -> DumpedCollection:
    """Return what a definition says.

    Args:
        text: the definition, as its file has it.
        database: its database.
        name: its name, where the text says none: older tools wrote none.
        where: where it stands, for people.

    Raises:
        NoDump: it is none.
    """
    try:
        document = _parsed(text)
        kind = document.get("type") or ("view" if "viewOn" in document.get("options", {}) else "collection")
        if kind not in get_args(Kind):
            raise ValueError(f"its type is {kind!r}")
        return DumpedCollection(
            database=database,
            name=document.get("collectionName") or name,
            kind=cast("Kind", kind),
            options=document.get("options") or {},
            indexes=document["indexes"],
            uuid=document.get("uuid", ""),
        )
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise NoDump(f"{where} does not define a collection: {error}.", "Take another backup.") from error


def _read_database(database: str, files: Mapping[str, DataFile]) -> list[DumpedCollection]:
    """Return a database's collections, each with its file."""
    found, used = [], set()
    mine = sorted(name for name in files if name.startswith(f"{database}/"))
    for name in [one for one in mine if one.endswith(_METADATA)]:
        definition = read_definition(files[name], name)
        if not is_restorable(definition.database, definition.name):
            continue
        data = str(data_file(Path(), definition.database, definition.into))
        if definition.kind == "view":
            found.append(definition)
            continue
        if data not in files:
            raise NoDump(f"{data} is missing, and {name} says that it is there.", "Take another backup.")
        used.add(data)
        found.append(msgspec.structs.replace(definition, data=files[data]))
    if strays := [one for one in mine if one.endswith(_DATA) and one not in used and database != "admin"]:
        raise NoDump(f"Nothing defines the documents in {files[strays[0]]}.", "Take another backup.")
    return found


def _parsed(text: str) -> dict[str, Any]:
    """Return a document of canonical extended JSON."""
    document = json.loads(text, object_pairs_hook=_canonical)
    if not isinstance(document, dict):
        raise TypeError("it is no document")
    return document


def _canonical(pairs: Sequence[tuple[str, Any]]) -> Any:
    """Return what a JSON object stands for.

    ``{"$regex": …}`` is a condition in a validator, a filter or a pipeline, and no regular expression of the older
    extended JSON, for which `bson.json_util` takes it: the definition would come back changed.
    """
    from bson.codec_options import DatetimeConversion
    from bson.json_util import CANONICAL_JSON_OPTIONS, object_pairs_hook

    if any(name == "$regex" for name, _ in pairs):
        return dict(pairs)
    options = CANONICAL_JSON_OPTIONS.with_options(datetime_conversion=DatetimeConversion.DATETIME_AUTO)
    return object_pairs_hook(pairs, options)

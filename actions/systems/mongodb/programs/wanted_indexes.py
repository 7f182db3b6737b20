"""The indexes that a restored server is to have: those of the dump, changed as the replayed oplog changed them.

None is built while data is loaded and oplog is replayed: a unique one would refuse documents that were there together
for a moment. ``mongodb.rebuild_indexes`` builds them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

IndexSpec = dict[str, Any]

_ID = "_id_"
_CHANGEABLE = ("expireAfterSeconds", "hidden", "unique", "prepareUnique")
"""What collMod changes of an index."""


class UnknownChange(Exception):
    """The oplog changes an index in a way that is not understood."""


class WantedIndexes:
    """By collection, the indexes that it is to have, beside the one of ``_id``."""

    def __init__(self, found: Mapping[str, Iterable[Mapping[str, Any]]] | None = None) -> None:
        self._of: dict[str, dict[str, IndexSpec]] = {}
        for namespace, specs in (found or {}).items():
            self.add(namespace, specs)

    def of(self, namespace: str) -> list[IndexSpec]:
        """Return those of one collection."""
        return list(self._of.get(namespace, {}).values())

    def namespaces(self) -> list[str]:
        """Return the collections that are to have any."""
        return sorted(namespace for namespace, specs in self._of.items() if specs)

    def add(self, namespace: str, specs: Iterable[Mapping[str, Any]]) -> None:
        """A collection gets indexes; one of the same name is replaced."""
        mine = self._of.setdefault(namespace, {})
        for spec in specs:
            if spec.get("name") != _ID and not spec.get("clustered"):
                mine[str(spec["name"])] = {key: value for key, value in spec.items() if key != "ns"}

    def drop_collection(self, namespace: str) -> None:
        """A collection is gone."""
        self._of.pop(namespace, None)

    def drop_database(self, database: str) -> None:
        """A database is gone."""
        for namespace in [one for one in self._of if one.partition(".")[0] == database]:
            del self._of[namespace]

    def rename(self, source: str, to: str) -> None:
        """A collection has another name, and what was called so is gone."""
        self._of[to] = self._of.pop(source, {})

    def drop(self, namespace: str, which: Any) -> None:
        """Some indexes of a collection are gone.

        Args:
            namespace: the collection.
            which: a name, several, a key, or ``*``.

        Raises:
            UnknownChange: it is none of these.
        """
        mine = self._of.get(namespace, {})
        if which == "*":
            mine.clear()
        elif isinstance(which, str):
            mine.pop(which, None)
        elif isinstance(which, list | tuple):
            for name in which:
                self.drop(namespace, name)
        elif isinstance(which, Mapping):
            for name in [name for name, spec in mine.items() if list(spec["key"].items()) == list(which.items())]:
                del mine[name]
        else:
            raise UnknownChange(f"an index of {namespace} is dropped by {type(which).__name__}")

    def change(self, namespace: str, change: Mapping[str, Any]) -> None:
        """An index gets other options (collMod).

        Raises:
            UnknownChange: no such index is known, or the option is not.
        """
        mine, named = self._of.get(namespace, {}), change.get("name")
        pattern = change.get("keyPattern")
        spec = mine.get(str(named)) if named else None
        if spec is None and pattern is not None:
            same = [one for one in mine.values() if list(one["key"].items()) == list(pattern.items())]
            spec = same[0] if same else None
        unknown = [key for key in change if key not in (*_CHANGEABLE, "name", "keyPattern")]
        if spec is None or unknown:
            raise UnknownChange(f"collMod of the index {named or dict(pattern or {})} of {namespace}: {unknown}")
        for key in _CHANGEABLE:
            if key in change:
                _set(spec, key, change[key])


def _set(spec: IndexSpec, key: str, value: Any) -> None:
    """Set an option; one that is false is as if it were not there, as listIndexes has it."""
    if value is False:
        spec.pop(key, None)
    else:
        spec[key] = value


def save(indexes: WantedIndexes, path: Path) -> None:
    """Write them into a file, in canonical extended JSON."""
    path.write_text(encode({namespace: indexes.of(namespace) for namespace in indexes.namespaces()}), encoding="utf-8")


def encode(found: Mapping[str, Iterable[Mapping[str, Any]]]) -> str:
    """Return indexes by collection as text."""
    from bson.json_util import CANONICAL_JSON_OPTIONS, dumps

    return dumps(found, json_options=CANONICAL_JSON_OPTIONS, indent=1) + "\n"


def decode(text: str) -> WantedIndexes:
    """Return what `encode` wrote.

    Raises:
        ValueError: it is none of that.
    """
    from bson.json_util import CANONICAL_JSON_OPTIONS, loads

    return WantedIndexes(loads(text, json_options=CANONICAL_JSON_OPTIONS))

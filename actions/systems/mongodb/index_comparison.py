"""Which indexes are missing, or are not what they are to be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from actions.systems.mongodb.programs.wanted_indexes import WantedIndexes

if TYPE_CHECKING:
    from pymongo import MongoClient

_NO_OPTION = ("v", "ns", "key", "background")
"""What a server says of an index, and is no option that changes what it does."""


class Compared(msgspec.Struct, frozen=True, kw_only=True):
    """Indexes by what was found of them.

    Attributes:
        present: how many are there as they are to be.
        missing: by collection, the specifications of those that are not there.
        differing: by collection, the names of those that have another key or other options.
        gone: collections that are to have indexes, and are not there.
    """

    present: int
    missing: Mapping[str, Sequence[Mapping[str, Any]]]
    differing: Mapping[str, Sequence[str]]
    gone: Sequence[str]

    @property
    def names(self) -> list[str]:
        """The missing ones by their full names."""
        return [f"{namespace} {spec['name']}" for namespace, specs in self.missing.items() for spec in specs]


def compare_indexes(client: MongoClient[dict[str, Any]], wanted: WantedIndexes) -> Compared:
    """Compare what a server has with what it is to have.

    Raises:
        PyMongoError: the server cannot be asked.
    """
    present, gone = 0, list[str]()
    missing: dict[str, list[Mapping[str, Any]]] = {}
    differing: dict[str, list[str]] = {}
    names: dict[str, set[str]] = {}
    for namespace in wanted.namespaces():
        database, _, collection = namespace.partition(".")
        if database not in names:
            names[database] = set(client[database].list_collection_names())
        if collection not in names[database]:
            gone.append(namespace)
            continue
        there = {str(each["name"]): each for each in client[database][collection].list_indexes()}
        for spec in wanted.of(namespace):
            found = there.get(str(spec["name"]))
            if found is None:
                missing.setdefault(namespace, []).append(spec)
            elif _differ(spec, found):
                differing.setdefault(namespace, []).append(str(spec["name"]))
            else:
                present += 1
    return Compared(present=present, missing=missing, differing=differing, gone=gone)


def _differ(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    return list(one["key"].items()) != list(other["key"].items()) or _options(one) != _options(other)


def _options(spec: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in spec.items() if name not in _NO_OPTION}

"""Which documents are some users': those whose owner field is one of their ids, as one value and not in a list."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pymongo.collation import Collation


def plain() -> Collation:
    """Return the collation that takes no letter for another: a collection's own may take Ann for ann."""
    from pymongo.collation import Collation

    return Collation(locale="simple")


def alone(owner: str, ids: Sequence[Any]) -> dict[str, Any]:
    """Return what the documents fulfil that are one user's alone; ask it with the collation `plain`.

    The first part may use an index; it is fulfilled by lists as well, the second is not.
    """
    return {"$and": [{owner: {"$in": ids}}, {"$expr": _is_one_of(owner, ids)}]}


def among_others(owner: str, ids: Sequence[Any]) -> dict[str, Any]:
    """Return what the documents fulfil that name a user in a list; ask it with the collation `plain`."""
    return {"$and": [{owner: {"$in": ids}}, {"$nor": [{"$expr": _is_one_of(owner, ids)}]}]}


def is_alone(document: Any, owner: str, value: Any) -> bool:
    """Whether a document is a user's alone, as `alone` says of the same id."""
    for name in owner.split("."):
        if not isinstance(document, Mapping) or name not in document:
            return False
        document = document[name]
    return bool(document == value) and isinstance(document, bool) == isinstance(value, bool)


def _is_one_of(owner: str, ids: Sequence[Any]) -> dict[str, Any]:
    return {"$in": [f"${owner}", {"$literal": ids}]}

"""Which documents are one user's: those whose owner field is the user's id, as one value and of one type."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from actions.systems.mongodb.programs.in_side import CannotAsk
from actions.systems.mongodb.side.documents.asked import Meant

if TYPE_CHECKING:
    from pymongo.collation import Collation
    from pymongo.collection import Collection

KINDS = ("number", "text", "objectid", "uuid")
"""Types that a user's id may be of."""


def plain() -> Collation:
    """Return the collation that takes no letter for another: a collection's own may take Ann for ann."""
    from pymongo.collation import Collation

    return Collation(locale="simple")


def values_of(user: str, kind: str) -> dict[str, Any]:
    """Return what a user's id may be in a document, by type.

    Raises:
        CannotAsk: it is none of the type that was asked for.
    """
    import uuid

    from bson.binary import Binary
    from bson.objectid import ObjectId

    found: dict[str, Any] = {"text": user}
    if re.fullmatch(r"-?\d{1,18}", user):
        found["number"] = int(user)
    if ObjectId.is_valid(user):
        found["objectid"] = ObjectId(user)
    if re.fullmatch(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", user):
        found["uuid"] = Binary.from_uuid(uuid.UUID(user))
    if not kind:
        return found
    if kind not in found:
        raise CannotAsk(f"The user's id is no {kind}.", f"Correct --user-id, or --kind ({', '.join(KINDS)}).")
    return {kind: found[kind]}


def condition(owner: str, value: Any) -> dict[str, Any]:
    """Return what the documents fulfil that are a user's alone: a list of users is not one user.

    The first part may use an index; it is fulfilled by lists as well, the second is not.
    """
    return {"$and": [{owner: value}, {"$expr": {"$eq": [f"${owner}", {"$literal": value}]}}]}


def is_alone(document: Any, owner: str, value: Any) -> bool:
    """Whether a document is a user's alone, as `condition` says, whatever the collection's collation."""
    for name in owner.split("."):
        if not isinstance(document, Mapping) or name not in document:
            return False
        document = document[name]
    return bool(document == value) and isinstance(document, bool) == isinstance(value, bool)


def owned(collection: Collection[Any], meant: Meant) -> tuple[Any, int]:
    """Return the value by which a collection's documents are the user's, and how many name the user among others.

    Of a collection that has none the value is None.

    Raises:
        CannotAsk: documents have the id as several types: nobody can tell whether they are one user's.
    """
    counted = {}
    for kind, value in values_of(meant.user, meant.kind).items():
        alone = collection.count_documents(condition(meant.owner, value), collation=plain())
        named = collection.count_documents({meant.owner: value}, collation=plain())
        if named:
            counted[kind] = (alone, named, value)
    if len(counted) > 1:
        said = ", ".join(f"{alone} as {kind}" for kind, (alone, _, _) in counted.items())
        raise CannotAsk(
            f"Documents of {collection.full_name} have this id as several types ({said}): they may be of two users.",
            f"Say which is meant: --kind {' or '.join(counted)}.",
        )
    if not counted:
        return None, 0
    ((alone, named, value),) = counted.values()
    return value, named - alone

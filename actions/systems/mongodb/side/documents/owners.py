"""As which value a collection's documents have a user's id: of one type, else nobody can tell whose they are."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from actions.systems.mongodb.owners import alone, among_others, plain
from actions.systems.mongodb.programs.in_side import CannotAsk
from actions.systems.mongodb.side.documents.asked import Meant

if TYPE_CHECKING:
    from pymongo.collection import Collection

KINDS = ("number", "text", "objectid", "uuid")
"""Types that a user's id may be of."""


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


def owned(collection: Collection[Any], meant: Meant) -> tuple[Any, int]:
    """Return the value by which a collection's documents are the user's, and how many name the user among others.

    Of a collection that has none the value is None.

    Raises:
        CannotAsk: documents have the id as several types: nobody can tell whether they are one user's.
    """
    counted = {}
    for kind, value in values_of(meant.user, meant.kind).items():
        mine = collection.count_documents(alone(meant.owner, [value]), collation=plain())
        shared = collection.count_documents(among_others(meant.owner, [value]), collation=plain())
        if mine or shared:
            counted[kind] = (value, mine, shared)
    if len(counted) > 1:
        said = ", ".join(f"{mine} as {kind}" for kind, (_, mine, _) in counted.items())
        raise CannotAsk(
            f"Documents of {collection.full_name} have this id as several types ({said}): they may be of two users.",
            f"Say which is meant: --kind {' or '.join(counted)}.",
        )
    if not counted:
        return None, 0
    ((value, _, shared),) = counted.values()
    return value, shared

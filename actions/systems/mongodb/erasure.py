"""``mongodb.reapply_erasures``: documents of users who were erased since the recovery point are erased again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any
from uuid import UUID

from actions.action import action
from actions.context import ActionContext
from actions.erasure.reapply import Held, look_again, reapply
from actions.outcome import Finding, Outcome
from actions.systems.mongodb.identity import identity
from actions.systems.mongodb.owners import alone, among_others, plain
from actions.systems.mongodb.primary import connect_primary
from actions.systems.mongodb.server import Server, find_server
from actions.systems.mongodb.side.documents import by_hand
from journal.wording.counting import count

if TYPE_CHECKING:
    from pymongo import MongoClient
    from pymongo.collection import Collection

_HOURS_S = 4 * 3600.0
_OWN = ("admin", "config", "local")
_INT_DIGITS = 18
"""Digits of a number that surely is one of MongoDB's."""
_OBJECT_ID, _UUID = 24, 36
"""Characters of the texts of these."""

Document = dict[str, Any]


@action("mongodb.erasures_left", target=identity)
def erasures_left(ctx: ActionContext) -> Outcome:
    """Tell what is there of users who were erased since.

    Needs: the ledger of erasure requests (`erasure:` in the inventory); a server that answers.
    """
    return look_again(ctx, MongodbEraser(find_server(ctx)))


@action(
    "mongodb.reapply_erasures",
    destructive=True,
    probe="mongodb.erasures_left",
    resumable=True,
    touches=("data directory",),
    target=identity,
    by_hand=by_hand.reapply_erasures,
)
def reapply_erasures(ctx: ActionContext) -> Outcome:
    """Erase again who was erased since the recovery point.

    Whom, the ledger says that the inventory names. A document is a user's by one field (`user_data`: `user_id`, and
    `_id` of users), in every collection of the application's database, or of all. One that several users share (the
    field is a list) stays, and is named. It counts again after it; where nothing is there it does nothing.

    Needs: the ledger (`erasure:` in the inventory); a primary that can be reached; a user who may delete.

    Leaves: none of these users' documents, once a majority of the set has that. The old data that restores kept, and
    the backups, stay as they are.

    Killed half way: some of these documents are gone, and nobody else's; run again it erases the rest.
    """
    return reapply(ctx, MongodbEraser(find_server(ctx)))


class MongodbEraser:
    """Erases documents at the primary of a server's set.

    Args:
        server: the server.
    """

    thing = "document"

    def __init__(self, server: Server) -> None:
        self._server = server

    def look(self, users: Sequence[str]) -> Held:
        """See ``Eraser``."""
        if not users:
            return Held()
        places, shared, keys = {}, [], _keys(users)
        with connect_primary(self._server, deadline_s=_HOURS_S) as client:
            for collection, field in self._collections(client):
                if number := collection.count_documents(alone(field, keys), collation=plain()):
                    places[collection.full_name] = number
                if number := collection.count_documents(among_others(field, keys), collation=plain()):
                    shared.append(_said(collection.full_name, field, number))
        return Held(places=places, findings=shared)

    def erase(self, users: Sequence[str]) -> Mapping[str, int]:
        """See ``Eraser``."""
        from pymongo import WriteConcern

        gone, keys = {}, _keys(users)
        with connect_primary(self._server, deadline_s=_HOURS_S) as client:
            for collection, field in self._collections(client):
                self._server.ctx.check_cancelled()
                durable = collection.with_options(write_concern=WriteConcern("majority"))
                if number := durable.delete_many(alone(field, keys), collation=plain()).deleted_count:
                    gone[collection.full_name] = number
        return gone

    def _collections(self, client: MongoClient[Document]) -> Iterator[tuple[Collection[Document], str]]:
        """Yield each collection that may have documents of users, and the field that says whose they are."""
        settings = self._server.settings
        names = [settings.database] if settings.database else client.list_database_names()
        say = settings.user_data
        for database in (name for name in names if name not in _OWN):
            for one in client[database].list_collections():
                name = one["name"]
                if one["type"] != "view" and not name.startswith("system."):
                    yield client[database][name], say.fields.get(name, say.field)


def _keys(users: Sequence[str]) -> list[Any]:
    """Return the users' keys as documents may have them: the ledger knows texts and numbers alone."""
    from bson import Binary, Int64, ObjectId

    keys: list[Any] = []
    for user in users:
        keys.append(user)
        if user.removeprefix("-").isdecimal() and len(user) <= _INT_DIGITS:
            keys.append(Int64(user))
        if len(user) == _OBJECT_ID and ObjectId.is_valid(user):
            keys.append(ObjectId(user))
        if len(user) == _UUID:
            with suppress(ValueError):
                keys.append(Binary.from_uuid(UUID(user)))
    return keys


def _said(collection: str, field: str, number: int) -> Finding:
    text = f"{count(number, 'document has', 'documents have')} several users in {field}, and stay"
    cure = "Take the users who were erased out of them by hand."
    return Finding(severity="warning", about=collection, text=text, cure=cure)

"""CleoAI's collections: documents, indexes of every kind that an application has, a validator and a view."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from cleo_console.lab.mongodb.cluster import DATABASE

if TYPE_CHECKING:
    from pymongo import MongoClient
    from pymongo.database import Database

SMALL_BYTES = 8_000_000
"""What the small set takes, uncompressed: the unit that `--size` is divided by."""

_BATCH = 500
_BEGAN = datetime(2025, 6, 1, tzinfo=UTC)
_SAID = (
    "The figures in the second table do not add up to the total, so I would check the March entries first.",
    "The first call leaves a temporary file behind; the second one finds it and skips the validation.",
    "Here is a shorter version that keeps every number and drops the two sentences of the introduction.",
    "Option one is the cheapest and slowest, option two needs a second machine, option three can be undone.",
    "Two of the clauses contradict each other; paragraph four gives thirty days where paragraph nine gives sixty.",
    "The probe answers before the cache is warm, so traffic arrives too early; a startup probe separates the two.",
)
_TOPICS = ("Quarterly budget", "Trip to Lisbon", "Cover letter", "Slow SQL query", "Sourdough starter", "Release notes")
_TYPES = ("preference", "event", "fact", "correction")

_VALIDATOR = {
    "$jsonSchema": {
        "bsonType": "object",
        "required": ["conversation_id", "user_id", "messages"],
        "properties": {"user_id": {"bsonType": "int"}, "messages": {"bsonType": "array"}},
    }
}

INDEXES: dict[str, list[dict[str, Any]]] = {
    "conversations": [
        {"key": {"conversation_id": 1}, "name": "conversation", "unique": True},
        {"key": {"user_id": 1, "updated_at": -1}, "name": "user_recent"},
        {"key": {"title": "text"}, "name": "title_text", "default_language": "english"},
        {"key": {"updated_at": 1}, "name": "flagged", "partialFilterExpression": {"flagged": True}},
    ],
    "user_preferences": [
        {"key": {"user_name": 1}, "name": "name", "unique": True, "collation": {"locale": "en", "strength": 2}},
        {"key": {"settings.$**": 1}, "name": "any_setting"},
    ],
    "episodic_memories": [
        {"key": {"expires_at": 1}, "name": "expiry", "expireAfterSeconds": 0},
        {"key": {"user_id": 1, "type": 1, "created_at": -1}, "name": "user_type"},
        {"key": {"source": 1}, "name": "source", "sparse": True},
    ],
    "archived_conversations": [
        {"key": {"archived_at": 1}, "name": "archived"},
        {"key": {"user_id": "hashed"}, "name": "user_hashed"},
    ],
    "heartbeat": [{"key": {"at": 1}, "name": "at"}],
}
"""The indexes of each collection beside the one on `_id`."""

OWNERS = {"users": "_id", "user_preferences": "_id"}
"""The field that has the id of the user whose a document is, where it is not called `user_id`."""

VIEW = "recent_conversations"


def create_collections(client: MongoClient[dict[str, Any]], scale: float) -> None:
    """Make the collections in an empty database and fill them; the same for the same scale.

    Args:
        client: a session with the primary.
        scale: how much of everything; 1 is the small set.
    """
    database = client[DATABASE]
    database.create_collection("conversations", validator=_VALIDATOR, validationLevel="moderate")
    database.create_collection("archived_conversations", collation={"locale": "en", "strength": 2})
    for name in ("user_preferences", "episodic_memories", "heartbeat"):
        database.create_collection(name)
    users = max(1, round(500 * scale))
    _fill(database, "user_preferences", users, _preferences)
    _fill(database, "conversations", max(1, round(2500 * scale)), lambda n: _conversation(n, users))
    _fill(database, "archived_conversations", max(1, round(500 * scale)), lambda n: _archived(n, users))
    _fill(database, "episodic_memories", max(1, round(4000 * scale)), lambda n: _memory(n, users))
    for name, wanted in INDEXES.items():
        database.command("createIndexes", name, indexes=wanted)
    newest = [{"$match": {"flagged": True}}, {"$project": {"messages": 0}}]
    database.create_collection(VIEW, viewOn="conversations", pipeline=newest)


def _fill(database: Database[dict[str, Any]], name: str, count: int, make: Callable[[int], dict[str, Any]]) -> None:
    batch: list[dict[str, Any]] = []
    for document in (make(number) for number in range(1, count + 1)):
        batch.append(document)
        if len(batch) == _BATCH:
            database[name].insert_many(batch, ordered=False)
            batch = []
    if batch:
        database[name].insert_many(batch, ordered=False)


def _preferences(number: int) -> dict[str, Any]:
    dice = random.Random(f"preferences {number}")
    return {
        "_id": number,
        "user_name": f"User{number}",
        "language": dice.choice(("en", "de", "fr", "hi", "pt", "ja")),
        "settings": {"theme": dice.choice(("dark", "light")), "font_size": dice.randint(10, 18)},
        "updated_at": _BEGAN + timedelta(minutes=number),
    }


def _conversation(number: int, users: int) -> dict[str, Any]:
    dice = random.Random(f"conversation {number}")
    at = _BEGAN + timedelta(minutes=number)
    return {
        "conversation_id": f"c-{number:08d}",
        "user_id": dice.randint(1, users),
        "title": dice.choice(_TOPICS),
        "flagged": dice.random() < 0.1,
        "messages": list(_messages(dice, at)),
        "created_at": at,
        "updated_at": at + timedelta(minutes=dice.randint(1, 600)),
    }


def _messages(dice: random.Random, at: datetime) -> Iterator[dict[str, Any]]:
    for number in range(8):
        role = "assistant" if number % 2 else "user"
        content = " ".join(dice.choices(_SAID, k=2 if number % 2 else 1))
        yield {"role": role, "content": content, "tokens": len(content) // 4, "at": at + timedelta(seconds=number)}


def _archived(number: int, users: int) -> dict[str, Any]:
    found = _conversation(-number, users)
    return {**found, "conversation_id": f"a-{number:08d}", "archived_at": found["updated_at"] + timedelta(days=90)}


def _memory(number: int, users: int) -> dict[str, Any]:
    """One remembered fact; one in four is forgotten at some time in the coming year."""
    dice = random.Random(f"memory {number}")
    made: dict[str, Any] = {
        "user_id": dice.randint(1, users),
        "type": dice.choice(_TYPES),
        "text": dice.choice(_SAID),
        "weight": dice.random(),
        "created_at": _BEGAN + timedelta(minutes=number),
    }
    if number % 4 == 0:
        made["expires_at"] = datetime.now(UTC).replace(microsecond=0) + timedelta(days=30, minutes=number)
    if number % 3 == 0:
        made["source"] = f"c-{number:08d}"
    return made

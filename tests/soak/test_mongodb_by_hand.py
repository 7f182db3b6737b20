"""Documents brought back, and erased, with the printed commands alone, in MongoDB's own shell (`mongosh`)."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from bson import Int64, decode_all, encode

from actions.by_hand import ByHand, CommandLine, words_of
from actions.systems.mongodb.restore_by_hand import verify
from actions.systems.mongodb.side.documents.by_hand import reapply_erasures, selective_restore, user_restore
from actions.systems.mongodb.side.pitr import pitr, pitr_discard
from cleo_console.lab.mongodb.cluster import CONSOLE
from tests.actions.systems.mongodb.mongo_lab import MongoLab, running_mongodb
from tests.actions.systems.mongodb.side.sides import lasting_client, moment

NAMES = ("conversations", "user_preferences", "episodic_memories", "archived_conversations")


class Stood:
    """A server with a side instance, and every document as it lies there, to the type of each number."""

    def __init__(self, mongo: MongoLab, client: Any) -> None:
        self.mongo, self.database = mongo, client.cleoai
        kinds = [{"_id": "kinds", "user_id": 7, "whole": 1.0, "long": Int64(1), "int": 1, "odd.name": {"$x": 1}}]
        self.database.archived_conversations.insert_many(kinds)
        self.database.episodic_memories.insert_one({"_id": "both", "user_id": [7, 8]})
        self.database.archived_conversations.insert_one({"_id": "as text", "user_id": "7"})
        self.then = self.state()
        assert mongo.context().do(pitr, timestamp=moment()).ok

    def state(self) -> dict[tuple[str, str], bytes]:
        found = {}
        for name in NAMES:
            for raw in self.database[name].find_raw_batches({}):
                found |= {(name, str(one["_id"])): encode(one) for one in decode_all(raw)}
        return found

    def known(self, **params: Any) -> ByHand:
        return ByHand(inventory=self.mongo.inventory, system="mongodb", params=params)

    def type_in(self, lines: Sequence[CommandLine], users: str = "") -> str:
        """Type each command, and the password where it is asked for."""
        password, said = self.mongo.member.password_file(CONSOLE).read_text().strip(), ""
        for line in lines:
            words = [word.replace("'USER'", users) for word in words_of(line)]
            done = subprocess.run(words, input=f"{password}\n", capture_output=True, text=True, timeout=120)
            assert done.returncode == 0, (words, done.stdout, done.stderr)
            said += done.stdout
        return said


@pytest.fixture(scope="module")
def stood() -> Iterator[Stood]:
    with running_mongodb() as mongo, lasting_client(mongo) as client:
        yield Stood(mongo, client)
        assert mongo.context().do(pitr_discard).ok


def test_a_collections_missing_documents_come_back_as_they_were(stood: Stood) -> None:
    mine = stood.database.archived_conversations
    mine.delete_many({"user_id": {"$in": [3, 7]}})
    mine.update_one({"_id": "as text"}, {"$set": {"newer": True}})
    now = stood.state()
    said = stood.type_in(selective_restore(stood.known(collection="archived_conversations")))
    assert f"archived_conversations {len(stood.then) - len(now)} came back" in said
    assert stood.state() == stood.then | now, "and what was there stays"


def test_a_users_documents_come_back_and_go_and_nobody_elses(stood: Stood) -> None:
    before = stood.state()
    assert "cleoai" in stood.type_in(reapply_erasures(stood.known()), "Long('7')")
    without = stood.state()
    gone = before.keys() - without.keys()
    assert ("archived_conversations", "kinds") in gone
    assert not gone & {("episodic_memories", "both"), ("archived_conversations", "as text")}
    assert all(without[key] == before[key] for key in without)
    lines = user_restore(stood.known())
    stood.type_in(lines, "Long('7')")
    assert stood.state() == before


def test_every_collection_is_checked(stood: Stood) -> None:
    said = stood.type_in(verify(stood.known()))
    assert "cleoai conversations true" in said and " false" not in said

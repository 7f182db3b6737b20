"""One user's documents, brought back into a real server from a side instance, and nobody else's touched."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from actions.outcome import ActionFailed, Outcome
from actions.systems.mongodb.side.documents.user import user_restore
from actions.systems.mongodb.side.pitr import pitr, pitr_discard
from tests.actions.systems.mongodb.mongo_lab import MongoLab
from tests.actions.systems.mongodb.side.sides import lasting_client, moment

pytestmark = pytest.mark.xdist_group("mongodb-user")

MINE: dict[str, Any] = {
    "conversations": {"user_id": 7},
    "user_preferences": {"_id": 7},
    "episodic_memories": {"user_id": 7},
    "archived_conversations": {"user_id": 7},
}


class People:
    """The lab's users as they were, and a side instance that stands there."""

    def __init__(self, mongo: MongoLab, client: Any) -> None:
        self.mongo, self.database = mongo, client.cleoai
        archived = self.database.archived_conversations  # its collation takes Ann for ann
        archived.insert_many([{"_id": f"of {n}", "user_id": name} for n, name in enumerate(("Ann", "ann"))])
        self.database.episodic_memories.insert_one({"_id": "both", "user_id": [7, 8]})
        archived.insert_one({"_id": "as text", "user_id": "9"})
        archived.insert_one({"_id": "as number", "user_id": 9})
        self.then = self.state("")
        assert mongo.context().do(pitr, timestamp=moment()).ok

    def state(self, whose: str) -> dict[str, list[Any]]:
        """Return the user's documents, or everybody else's (``$nor``), of each collection."""
        return {
            name: sorted(self.database[name].find({"$nor": [mine]} if whose else mine), key=lambda one: str(one["_id"]))
            for name, mine in MINE.items()
        }

    def delete(self) -> None:
        for name, mine in MINE.items():
            self.database[name].delete_many(mine)

    def bring(self, user: str = "7", *, dry: bool = False, **params: Any) -> Outcome:
        return self.mongo.context(dry_run=dry).do(user_restore, user_id=user, **params)


@pytest.fixture(scope="module")
def people(mongo: MongoLab) -> Iterator[People]:
    with lasting_client(mongo) as client:
        yield People(mongo, client)
    assert mongo.context().do(pitr_discard).ok


def test_every_document_of_the_user_comes_back_and_no_other_is_touched(people: People) -> None:
    people.delete()
    people.database.conversations.delete_many({"user_id": 3})
    people.database.episodic_memories.update_many({"user_id": 8}, {"$set": {"text": "changed since"}})
    others = people.state("$nor")
    dry = people.bring(dry=True)
    number = len(people.then["conversations"])
    assert dry.facts["collections"]["cleoai.conversations"]["missing"] == number > 0
    assert people.database.conversations.count_documents({"user_id": 7}) == 0, "a dry run writes nothing"

    done = people.bring()
    alone = [one for one in people.then["episodic_memories"] if one["_id"] != "both"]
    assert people.state("") == people.then | {"episodic_memories": alone}
    assert people.state("$nor") == others
    assert done.facts["collections"]["cleoai.conversations"]["inserted"] == number
    assert done.facts["transactions"] == 1
    said = " ".join(str(finding) for finding in done.findings)
    assert "1 document of then name this user among others" in said
    assert "asked to be erased" in said
    assert "MongoDB only" in done.summary
    assert people.bring().summary.startswith("Nothing of this user is missing")


def test_what_is_somebody_elses_by_now_stays_theirs(people: People) -> None:
    conversations = people.database.conversations
    first, second, *_ = [one["_id"] for one in people.then["conversations"]]
    conversations.update_one({"_id": first}, {"$set": {"user_id": 4, "title": "given away"}})
    conversations.update_one({"_id": second}, {"$set": {"title": "mine, changed"}})
    others = people.state("$nor")
    kept = people.bring()
    assert kept.facts["collections"]["cleoai.conversations"]["changed"] == 1
    assert conversations.find_one({"_id": second})["title"] == "mine, changed", "unless it is asked for"
    done = people.bring(update=True)
    assert done.facts["collections"]["cleoai.conversations"]["updated"] == 1
    assert conversations.find_one({"_id": second})["title"] != "mine, changed"
    assert people.state("$nor") == others


@pytest.mark.soak
def test_ann_is_not_ann_and_one_id_of_two_types_is_asked_about(people: People) -> None:
    archived = people.database.archived_conversations
    archived.delete_many({"_id": {"$in": ["of 0", "of 1"]}})
    assert people.bring("Ann").facts["collections"]["cleoai.archived_conversations"]["inserted"] == 1
    assert [one["_id"] for one in archived.find({"user_id": "ann"})] == ["of 0"]
    with pytest.raises(ActionFailed, match="as several types"):
        people.bring("9")
    archived.delete_many({"_id": {"$in": ["as text", "as number"]}})
    assert people.bring("9", kind="text").ok
    assert archived.find_one({"_id": "as text"})
    assert archived.find_one({"_id": "as number"}) is None


def test_a_user_that_is_none_is_refused(people: People) -> None:
    for user, words in (("987654", "no documents of this user"), ("", "Say which user")):
        with pytest.raises(ActionFailed, match=words):
            people.bring(user)

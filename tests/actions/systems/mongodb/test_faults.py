"""What the lab can break at a MongoDB is broken for real, and the console sees it."""

from __future__ import annotations

import pytest
from pymongo.errors import OperationFailure

from actions.systems.mongodb.start_stop import start
from cleo_console.lab.mongodb.cluster import APPLICATION
from journal.errors import CleoError
from tests.actions.systems.mongodb.mongo_lab import MongoLab
from tests.waiting import until

pytestmark = pytest.mark.xdist_group("mongodb-faults")


def test_an_index_is_dropped_and_what_it_forbade_is_written(mongo: MongoLab) -> None:
    found = mongo.break_("duplicate-keys")
    with mongo.session() as client:
        conversations = client.cleoai.conversations
        assert conversations.count_documents({"conversation_id": {"$in": found["keys"]}}) == 2 * len(found["keys"])
        assert "conversation" not in conversations.index_information()
        with pytest.raises(OperationFailure, match="duplicate key"):
            conversations.create_index("conversation_id", unique=True)
    with pytest.raises(CleoError, match="not there any more"):
        mongo.break_("drop-index")


def test_a_collection_is_dropped_by_the_application_at_a_known_position(mongo: MongoLab) -> None:
    found = mongo.break_("drop-collection")
    with mongo.session() as client:
        assert "episodic_memories" not in client.cleoai.list_collection_names()
        entry = client.local["oplog.rs"].find_one({"o.drop": "episodic_memories"})
    assert entry and f"{entry['ts'].time}:{entry['ts'].inc}" == found["position"]
    assert found["documents"] == 4000


def test_a_clock_that_was_a_day_ahead_is_seen_in_its_health(mongo: MongoLab) -> None:
    assert "ahead of its own" not in mongo.health().detail
    mongo.break_("clock-ahead")
    found = mongo.health()
    assert found.status == "degraded"
    assert "ahead of its own" in found.detail


def test_a_kill_loses_nothing_a_flipped_byte_ends_whoever_reads_it_and_all_data_can_be_lost(mongo: MongoLab) -> None:
    with mongo.session(APPLICATION) as client:
        client.cleoai.scratch.insert_one({"_id": "acknowledged"})
    assert mongo.break_("kill")["last_heartbeat"]
    assert mongo.health().status == "down"
    ctx = mongo.context()
    assert start.function(ctx).ok
    with mongo.session(APPLICATION) as client:
        assert client.cleoai.scratch.find_one({"_id": "acknowledged"})
    mongo.break_("flip-byte")
    with pytest.raises(CleoError), mongo.member.session(deadline_s=3) as client:
        list(client.cleoai.conversations.find())
    until(lambda: not mongo.service.is_running())
    mongo.break_("lose-data")
    assert list(mongo.member.data_directory.iterdir()) == []

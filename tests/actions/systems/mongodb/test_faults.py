"""What the lab can break at a MongoDB is broken for real, and the console sees it."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pymongo.errors import OperationFailure

from actions.examination import Examination
from actions.systems.mongodb.examine import examine
from actions.systems.mongodb.start_stop import start
from cleo_console.lab.mongodb import server
from cleo_console.lab.mongodb.cluster import APPLICATION
from journal.errors import CleoError
from journal.events.damage import DamageBegan
from tests.actions.systems.mongodb.mongo_lab import MongoLab
from tests.waiting import until


def looked_at(mongo: MongoLab) -> Examination:
    """What a damage report sees."""
    return examine(mongo.context(), "mongodb", mongo.health(), thorough=True)


def _uses(seen: Examination) -> dict[str, str]:
    """What a look settles, by the action."""
    return {each.action: each.use for each in seen.settles}


pytestmark = pytest.mark.xdist_group("mongodb-faults")


def test_what_is_whole_is_compared_with_its_backup_and_a_start_is_needless(mongo: MongoLab) -> None:
    seen = looked_at(mongo)
    assert not seen.findings and not seen.cures
    assert any(line.endswith("nothing is missing") for line in seen.lines)
    assert _uses(seen) == {"mongodb.start": "needless"}


def test_an_index_is_dropped_and_what_it_forbade_is_written(mongo: MongoLab) -> None:
    found = mongo.break_("duplicate-keys")
    with mongo.session() as client:
        conversations = client.cleoai.conversations
        assert conversations.count_documents({"conversation_id": {"$in": found["keys"]}}) == 2 * len(found["keys"])
        assert "conversation" not in conversations.index_information()
        with pytest.raises(OperationFailure, match="duplicate key"):
            conversations.create_index("conversation_id", unique=True)
    seen = looked_at(mongo)
    assert [each.text for each in seen.findings] == ["cleoai.conversations conversation: an index that is missing"]
    assert [each.action for each in seen.cures] == ["mongodb.rebuild_indexes"]
    began = DamageBegan.all_of(seen.facts)
    assert [each.text for each in began] == ["the index conversation of cleoai.conversations was dropped"]
    assert began[0].seen.endswith(found["position"])
    with pytest.raises(CleoError, match="not there any more"):
        mongo.break_("drop-index")


def test_what_is_to_expire_soon_is_written_by_the_application(mongo: MongoLab) -> None:
    found = mongo.break_("expire-soon")
    with mongo.session() as client:
        soon = datetime.now(UTC) + timedelta(seconds=90)
        assert (
            client.cleoai.episodic_memories.count_documents({"expires_at": {"$lt": soon}}) == found["documents"] == 100
        )


def test_a_collection_is_dropped_by_the_application_at_a_known_position(mongo: MongoLab) -> None:
    found = mongo.break_("drop-collection")
    with mongo.session() as client:
        assert "episodic_memories" not in client.cleoai.list_collection_names()
        entry = client.local["oplog.rs"].find_one({"o.drop": "episodic_memories"})
    assert entry and f"{entry['ts'].time}:{entry['ts'].inc}" == found["position"]
    assert found["documents"] == 4000
    seen = looked_at(mongo)
    assert any("cleoai.episodic_memories: missing" in text for text in seen.facts["lacking"])
    assert seen.facts["held_by"]
    drops = [each for each in DamageBegan.all_of(seen.facts) if "episodic_memories" in each.text]
    assert [each.seen for each in drops] == [f"in the oplog at {found['position']}"]
    assert drops[0].at >= datetime.fromisoformat(found["at"]) - timedelta(milliseconds=1)


def test_a_clock_that_was_a_day_ahead_is_seen_in_its_health(mongo: MongoLab) -> None:
    assert "ahead of its own" not in mongo.health().detail
    mongo.break_("clock-ahead")
    found = mongo.health()
    assert found.status == "degraded"
    assert "ahead of its own" in found.detail


def test_a_server_whose_clock_is_a_day_ahead_lets_expire_what_is_to_live_for_hours(mongo: MongoLab) -> None:
    with mongo.session() as client:  # it was dropped above
        client.cleoai.episodic_memories.insert_many([{"expires_at": None} for _ in range(100)])
    found = mongo.break_("clock-runs-ahead")
    health = mongo.health()
    ours = mongo.member.account.uid
    assert [path for path in Path("/dev/shm").glob("*faketime_s*") if path.stat().st_uid == ours] == [], (
        "nothing is left"
    )
    assert re.search(r"its clock is 2[34] h \d\d min ahead: documents expire too early", health.detail)
    assert "nothing written" not in health.detail, "the writer's clock is right, and it writes"
    past = {"$expr": {"$and": [{"$gt": ["$expires_at", None]}, {"$lt": ["$expires_at", "$$NOW"]}]}}
    with mongo.session() as client:
        assert client.cleoai.episodic_memories.count_documents(past) == found["documents"] == 100, "within a minute"
    server.stop(mongo.member)
    assert start.function(mongo.context()).ok
    assert "its clock is" not in mongo.health().detail
    with mongo.session() as client:
        assert client.cleoai.episodic_memories.count_documents(past) == 0, "it has the machine's clock again"


def test_a_kill_loses_nothing_a_flipped_byte_ends_whoever_reads_it_and_all_data_can_be_lost(mongo: MongoLab) -> None:
    with mongo.session(APPLICATION) as client:
        client.cleoai.scratch.insert_one({"_id": "acknowledged"})
    assert mongo.break_("kill")["last_heartbeat"]
    assert mongo.health().status == "down"
    seen = looked_at(mongo)
    assert [each.action for each in seen.cures] == ["mongodb.start"]
    assert _uses(seen) == {"mongodb.start": "open", "mongodb.stop": "impossible"}
    assert start.function(mongo.context()).ok
    with mongo.session(APPLICATION) as client:
        assert client.cleoai.scratch.find_one({"_id": "acknowledged"})
    mongo.break_("flip-byte")
    with pytest.raises(CleoError), mongo.member.session(deadline_s=3) as client:
        list(client.cleoai.conversations.find())
    until(lambda: not mongo.service.is_running())
    seen = looked_at(mongo)
    assert [each.severity for each in seen.findings] == ["wrong"]
    assert "collection-" in seen.findings[0].text and ".wt" in seen.findings[0].text
    assert [each.action for each in seen.cures] == ["mongodb.restore"]
    assert _uses(seen) == dict.fromkeys(("mongodb.start", "mongodb.stop"), "impossible")

    mongo.break_("lose-data")
    seen = looked_at(mongo)
    assert _uses(seen) == dict.fromkeys(("mongodb.start", "mongodb.stop"), "impossible")
    assert list(mongo.member.data_directory.iterdir()) == []

"""The closer look at a MongoDB server: what is missing and since when, what could be lost, is a start of use."""

from __future__ import annotations

import msgspec
import pytest

from actions.examination import Examination
from actions.systems.mongodb.examine import examine
from cleo_console.lab.mongodb import server
from journal.events.damage import DamageBegan
from journal.incident.last_good import HELD_BY
from tests.actions.contexts import FakeContext
from tests.actions.systems.mongodb.mongo_lab import MongoLab

pytestmark = pytest.mark.xdist_group("mongodb-examine")

NAME = "mongodb"


def test_what_was_dropped_is_named_with_its_moment(mongo: MongoLab) -> None:
    """The oplog has the command, the newest backup has the documents; what was emptied is said, too."""
    assert not _look(mongo).facts["lacking"], "nothing is missing before"
    with mongo.session() as client:
        client.cleoai.archived_conversations.drop()
        client.cleoai.user_preferences.delete_many({})
        entry = client.local["oplog.rs"].find_one({"o.drop": "archived_conversations"})
    found = _look(mongo)
    assert found.facts["lacking"] == [
        f"cleoai.archived_conversations: missing, backup {found.facts[HELD_BY]} has 500 documents",
        f"cleoai.user_preferences: empty, backup {found.facts[HELD_BY]} has 500 documents",
    ]
    [dropped] = DamageBegan.all_of(found.facts)
    assert dropped.at == entry["wall"]
    assert "cleoai.archived_conversations (500 documents) was dropped" in str(dropped)
    assert any("recover to just before" in finding.cure for finding in found.findings)
    assert found.facts["estimated_loss_s"] >= 0
    assert {one.action: one.use for one in found.settles} == {"mongodb.start": "needless"}


def test_a_server_that_is_down_can_be_started(mongo: MongoLab) -> None:
    """Its data is there; what is in the data directory decides."""
    server.stop(mongo.member)
    down = _look(mongo)
    assert [cure.action for cure in down.cures] == ["mongodb.start"]
    assert {one.action: one.use for one in down.settles} == {"mongodb.start": "open", "mongodb.stop": "impossible"}
    away = mongo.member.data_directory.with_name("away")
    mongo.member.data_directory.rename(away)
    lost = _look(mongo)
    away.rename(mongo.member.data_directory)
    assert not lost.cures
    settled = {one.action: one.use for one in lost.settles}
    assert settled == {"mongodb.start": "impossible", "mongodb.stop": "impossible"}
    assert any("the data directory is missing" in finding.text for finding in lost.findings)


def test_a_standbys_backups_are_those_of_its_primary(mongo: MongoLab) -> None:
    """It has none of its own, and misses none."""
    primary = mongo.settings
    none = msgspec.structs.replace(primary.backups, repository="/nowhere/backups")
    standby = msgspec.structs.replace(primary, standby_of=NAME, backups=none)
    inventory = msgspec.structs.replace(mongo.inventory, systems={NAME: primary, "mongodb-2": standby})
    seen = examine(FakeContext(inventory, system="mongodb-2"), "mongodb-2", mongo.health(), thorough=False)
    assert f"backups: those of {NAME}, which it follows" in seen.lines
    assert [one.text for one in seen.findings if "backup" in one.text] == []


def _look(mongo: MongoLab) -> Examination:
    return examine(mongo.context(), NAME, mongo.health(), thorough=True)

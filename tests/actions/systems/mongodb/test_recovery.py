"""A lost mongod comes back: restore, indexes, verification, and the TTL monitor; and what each of them refuses."""

from __future__ import annotations

import json
import shutil
import socket
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from actions.backups.repository.entry import ENTRY
from actions.backups.take import take
from actions.outcome import ActionFailed, GateClosed, Outcome
from actions.systems.mongodb.allow_ttl import allow_ttl
from actions.systems.mongodb.backups.engine import ENGINE
from actions.systems.mongodb.is_restored import is_restored
from actions.systems.mongodb.programs.private_server import private_server
from actions.systems.mongodb.rebuild_indexes import rebuild_indexes
from actions.systems.mongodb.restore import restore
from actions.systems.mongodb.start_stop import start
from actions.systems.mongodb.verify import verify
from actions.systems.mongodb.writers import allow_writers, writers
from cleo_console.lab.mongodb import server
from journal.events.measured import Measured
from tests.actions.systems.mongodb.mongo_lab import MongoLab

pytestmark = pytest.mark.xdist_group("mongodb-recovery")

SHOP = "shop"


def describe(client: Any) -> dict[str, Any]:
    """Hashes, definitions and indexes of the test's own database."""
    found: dict[str, Any] = {"hashes": client[SHOP].command("dbHash")["collections"]}
    for one in client[SHOP].list_collections():
        found[one["name"]] = (one["type"], repr(one["options"]))
        found[f"{one['name']} indexes"] = sorted(repr(dict(each)) for each in client[SHOP][one["name"]].list_indexes())
    return found


def backup(mongo: MongoLab, kind: str) -> str:
    """Take a backup, and return its label."""
    return str(mongo.context().do(take, kind=kind).facts["backup"])


def texts(outcome: Outcome, severity: str = "wrong") -> list[str]:
    """Return what findings say."""
    return [f"{each.about}: {each.text}" for each in outcome.findings if each.severity == severity]


def kept(mongo: MongoLab) -> Sequence[Path]:
    """Return what restores have put aside."""
    return sorted(mongo.member.data_directory.parent.glob("*.aside-*"))


def repository(mongo: MongoLab) -> Path:
    """Return the folder of its backups."""
    return mongo.member.repository / mongo.service.instance.name


@pytest.fixture
def down(mongo: MongoLab) -> Iterator[MongoLab]:
    """The same, stopped; it runs again afterwards."""
    server.stop(mongo.member)
    yield mongo
    mongo.context().do(rebuild_indexes)


def test_a_lost_data_directory_comes_back_to_the_last_saved_entry(mongo: MongoLab) -> None:
    with mongo.session() as client:
        shop = client[SHOP]
        shop.talks.insert_many([{"n": i, "user": i % 7} for i in range(500)])
        shop.talks.create_index("n", unique=True)
        shop.short.insert_many([{"at": datetime.now(UTC) - timedelta(hours=i)} for i in range(10)])
        shop.short.create_index("at", expireAfterSeconds=365 * 86400)
    full = backup(mongo, "full")
    with mongo.session() as client:
        shop = client[SHOP]
        shop.talks.update_many({"user": 3}, {"$set": {"hot": True}})
        shop.command("collMod", "short", index={"name": "at_1", "expireAfterSeconds": 5 * 3600 + 1800})
        shop.talks.create_index("user")
        client.admin.command("setParameter", 1, ttlMonitorEnabled=False)
        saved = describe(client)
    slice_ = backup(mongo, "incremental")
    with mongo.session() as client:
        client[SHOP].talks.insert_one({"n": 9999, "lost": True})
    server.stop(mongo.member)
    shutil.rmtree(mongo.member.data_directory)
    mongo.member.data_directory.mkdir()
    ctx = mongo.context()
    outcome = ctx.do(restore)
    assert outcome.ok, outcome
    assert (outcome.facts["backup"], outcome.facts["slices"]) == (full, [slice_])
    recovered = Measured.of(outcome.facts).recovered_to
    assert recovered and recovered <= datetime.now(UTC)
    assert kept(mongo) == []
    with pytest.raises(ActionFailed) as started:
        ctx.do(start)
    assert [cure.action for cure in started.value.cures] == ["mongodb.rebuild_indexes"]
    built = ctx.do(rebuild_indexes)
    assert built.ok and built.facts["indexes_missing"] == [], built
    assert ctx.do(writers).facts["writers_barred"]
    with mongo.session() as client:
        assert describe(client) == saved
        assert client[SHOP].talks.count_documents({"lost": True}) == 0
    with pytest.raises(ActionFailed) as early:
        ctx.do(allow_ttl)
    assert "not verified" in str(early.value)
    verified = ctx.do(verify)
    assert verified.ok, texts(verified)
    assert verified.facts["will_expire"] == 4
    assert any("4 documents will expire" in text for text in texts(verified, "warning"))
    assert ctx.do(is_restored).ok
    (mark,) = (repository(mongo) / full).glob("restored-*.json")
    assert json.loads(mark.read_text())["seconds"] == outcome.facts["seconds"] > 0
    assert ctx.do(allow_writers).ok
    assert not ctx.do(writers).facts["writers_barred"]
    server.stop(mongo.member)
    server.start(mongo.member)
    server.wait_until_primary(mongo.member)
    with mongo.session() as client:
        assert not client.admin.command("getParameter", 1, ttlMonitorEnabled=1)["ttlMonitorEnabled"]
    assert ctx.do(allow_ttl).facts["will_expire"] == 4
    with mongo.session() as client:
        assert client.admin.command("getParameter", 1, ttlMonitorEnabled=1)["ttlMonitorEnabled"]


def test_verification_names_what_is_not_as_it_was_saved(mongo: MongoLab) -> None:
    backup(mongo, "full")
    server.stop(mongo.member)
    ctx = mongo.context()
    ctx.do(restore)
    log = mongo.member.data_directory.with_name("private.log")
    with private_server(str(mongo.member.mongod), mongo.member.data_directory, log) as private:
        with private.client() as client:
            client[SHOP].talks.update_one({"n": 5}, {"$set": {"n": 100_005}})
            client.cleoai.user_preferences.delete_one({})
        private.stop()
    assert ctx.do(rebuild_indexes).ok
    with mongo.session() as client:
        client[SHOP].talks.drop_index("user_1")
    found = texts(ctx.do(verify))
    assert any(text.startswith(f"{SHOP}.talks: its documents") for text in found), found
    assert any(text.startswith("cleoai.user_preferences:") and "by the backup" in text for text in found), found
    assert f"{SHOP}.talks user_1: the index is missing" in found
    assert len(found) == 3, found


def test_a_unique_index_that_duplicates_break_is_named_with_their_number_alone(mongo: MongoLab) -> None:
    with mongo.session() as client:
        client[SHOP].talks.drop_index("n_1")
        client[SHOP].talks.insert_many([{"n": n, "secret": "whose"} for n in (1, 1, 2)])
    outcome = mongo.context().do(rebuild_indexes)
    assert not outcome.ok
    assert texts(outcome) == [
        f"{SHOP}.talks n_1: the unique index over n cannot be built: 2 keys are there more than once, in 5 documents"
    ]
    assert "whose" not in f"{outcome}"
    with mongo.session() as client:
        client[SHOP].talks.delete_many({"secret": "whose"})
    assert mongo.context().do(rebuild_indexes).ok


def test_a_restored_set_is_not_started_beside_a_member_that_has_the_old_data(down: MongoLab) -> None:
    down.context().do(restore)
    system = down.service.instance.name
    with socket.create_server(("127.0.0.1", 0)) as hung:  # it takes connections and answers nothing
        ctx = down.context()
        members = [f"127.0.0.1:{hung.getsockname()[1]}"]
        changed = msgspec.structs.replace(down.settings, members=members)
        ctx.inventory = msgspec.structs.replace(ctx.inventory, systems={**ctx.inventory.systems, system: changed})
        with pytest.raises(GateClosed) as closed:
            ctx.do(rebuild_indexes)
    assert (closed.value.gate, closed.value.yields) == ("other-members", "reason and target")
    assert down.server().process() is None


def test_what_was_restored_and_started_is_kept_by_the_next_restore(down: MongoLab) -> None:
    before = kept(down)
    ctx = down.context()
    ctx.do(restore)
    first = kept(down)
    assert len(first) == len(before) + 1
    ctx.do(restore)
    assert kept(down) == first
    ctx.do(rebuild_indexes)
    server.stop(down.member)
    ctx.do(restore)
    assert len(kept(down)) == len(first) + 1
    assert set(first) < set(kept(down))


def test_a_damaged_backup_is_passed_over_and_a_damaged_slice_is_a_gap(mongo: MongoLab) -> None:
    ctx = mongo.context()
    full, slices = backup(mongo, "full"), []
    for number in range(3):
        with mongo.session() as client:
            client[SHOP].later.insert_one({"number": number})
        slices.append(backup(mongo, "incremental"))
    server.stop(mongo.member)
    _flip(repository(mongo) / slices[1] / "dump" / "oplog.bson")
    with pytest.raises(GateClosed) as closed:
        ctx.do(restore)
    assert closed.value.gate == "oplog-gap"
    assert slices[1] in closed.value.message
    decided = mongo.context(overrides={"oplog-gap": "there is no other copy"}).do(restore)
    assert decided.facts["slices"] == slices[:1]
    assert decided.facts["gap"]
    _flip(max((repository(mongo) / full / "dump" / "cleoai").glob("*.bson"), key=lambda path: path.stat().st_size))
    older = mongo.context(overrides={"oplog-gap": "there is no other copy"}).do(restore)
    assert older.facts["backup"] != full
    assert any(line.startswith(f"{full} is damaged") for line in older.facts["passed_over"])
    assert ctx.do(rebuild_indexes).ok


def test_what_cannot_be_restored_is_refused_before_anything_is_touched(mongo: MongoLab) -> None:
    backup(mongo, "full")
    server.stop(mongo.member)
    before = sorted(path.name for path in mongo.member.data_directory.parent.iterdir())
    later = (datetime.now(UTC) - timedelta(seconds=1)).isoformat()
    with pytest.raises(GateClosed) as beyond:
        mongo.context(decisions={"recovery_point": later}).do(restore)
    assert "lies behind what was saved" in beyond.value.message
    start_it, its_end = beyond.value.cures
    assert start_it.action == "mongodb.start"
    time, system, position = its_end.answer.split()
    assert (its_end.decision, time, system) == ("recovery_point", f"time:{later}", "mongodb")
    saved = ENGINE.list(mongo.context(), "mongodb").facts["last_saved"]
    assert position == f"oplog:{saved}"
    with pytest.raises(ActionFailed) as early:
        mongo.context(decisions={"recovery_point": "2001-01-01T00:00:00Z"}).do(restore)
    assert "What there is reaches from" in early.value.message
    for path in repository(mongo).glob(f"*/{ENTRY}"):
        entry = json.loads(path.read_text())
        path.write_bytes(msgspec.json.encode({**entry, "server": {**entry["server"], "version": "5.0.14"}}))
    with pytest.raises(ActionFailed) as other:
        mongo.context().do(restore)
    assert "is of MongoDB 5.0.14" in other.value.message
    assert sorted(path.name for path in mongo.member.data_directory.parent.iterdir()) == before


def _flip(path: Path) -> None:
    """Change one byte of a file."""
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)

"""A side instance of a real mongod: it stands between two writes, reaches nobody, and is wholly removed."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime, timedelta

import pytest

from actions.outcome import ActionFailed
from actions.systems.mongodb.side.pitr import pitr, pitr_discard, pitr_state
from actions.systems.mongodb.side.verify import pitr_verify
from cleo_console.lab.mongodb import server
from tests.actions.contexts import FakeContext, RunnerDied
from tests.actions.systems.mongodb.mongo_lab import MongoLab
from tests.actions.systems.mongodb.side.sides import dies_after, directory, inside, moment
from tests.waiting import until

pytestmark = pytest.mark.xdist_group("mongodb-side")


@pytest.fixture(scope="module")
def at(mongo: MongoLab) -> str:
    """An instant between two writes: of a document that was there then, and of one that came later."""
    with mongo.session() as client:
        client.shop.marks.insert_one({"_id": 1, "name": "before", "until": datetime(2020, 1, 1, tzinfo=UTC)})
        client.shop.marks.create_index("until", expireAfterSeconds=10**9)
        found = moment()
        client.shop.marks.insert_one({"_id": 2, "name": "after"})
    return found


def marks(ctx: FakeContext) -> list[str]:
    with inside(ctx) as client:
        return [one["name"] for one in client.shop.marks.find().sort("_id")]


def repository(mongo: MongoLab) -> set[str]:
    return {str(path) for path in mongo.member.repository.rglob("*")}


def test_it_stands_between_two_writes_and_nobody_is_reached(mongo: MongoLab, ctx: FakeContext, at: str) -> None:
    process, backups = mongo.server().process(), repository(mongo)
    assert mongo.context(dry_run=True).do(pitr, timestamp=at).ok
    assert not directory(mongo).exists()
    assert not ctx.do(pitr_state).ok
    made = ctx.do(pitr, timestamp=at)
    before, after = (datetime.fromisoformat(made.facts[name]) for name in ("last_before", "first_after"))
    assert before < datetime.fromisoformat(at) <= after
    assert marks(ctx) == ["before"]
    assert ctx.do(pitr_state).ok
    assert ctx.do(pitr, timestamp=at).ok
    assert "stands there already" in " ".join(ctx.lines)

    with inside(ctx) as client:
        options = client.admin.command("getCmdLineOpts")["parsed"]
        assert "replication" not in options
        assert options["net"]["bindIp"].startswith("/")
        assert client.admin.command("getParameter", 1, ttlMonitorEnabled=1)["ttlMonitorEnabled"] is False
    assert directory(mongo).stat().st_mode & 0o777 == 0o700
    assert mongo.server().process() == process, "the real server was not touched"
    until(lambda: not [one for one in mongo.server().processes().elsewhere if one.place.endswith(".side/data")])
    assert repository(mongo) == backups


def test_its_verification_tells_what_is_otherwise_now(mongo: MongoLab, ctx: FakeContext, at: str) -> None:
    assert ctx.do(pitr, timestamp=at).ok
    with mongo.session() as client:
        client.cleoai.user_preferences.rename("elsewhere")
        try:
            verified = ctx.do(pitr_verify)
        finally:
            client.cleoai.elsewhere.rename("user_preferences")
    assert verified.ok, verified.summary
    differs = verified.facts["differs"]
    assert differs["shop.marks"] == {"then": 1, "now": 2}
    assert differs["cleoai.user_preferences"] == {"then": 500, "now": None}
    assert "cleoai.conversations" not in differs
    assert not {"newest_commit_at", "recovered_to"} & verified.facts.keys(), "nothing of it is the real server's"


def test_what_is_not_as_the_backup_says_is_found(ctx: FakeContext, at: str) -> None:
    """It is the same side instance as that of the test before, where both are run."""
    assert ctx.do(pitr, timestamp=at).ok
    with inside(ctx) as client:
        client.cleoai.conversations.delete_one({})
    verified = ctx.do(pitr_verify)
    assert not verified.ok
    assert "cleoai.conversations" in " ".join(str(finding) for finding in verified.findings)
    assert {finding.severity for finding in verified.findings} == {"warning"}, "the real server is not proven wrong"
    assert ctx.do(pitr_discard).ok
    with pytest.raises(ActionFailed, match="no side instance") as none:
        ctx.do(pitr_verify)
    assert none.value.cures[0].action == "mongodb.pitr"


def test_a_point_that_is_not_covered_tells_the_range(mongo: MongoLab, ctx: FakeContext) -> None:
    with pytest.raises(ActionFailed, match=r"What can be had: from 20.* on \(backup") as early:
        ctx.do(pitr, timestamp="2020-01-01T00:00:00Z")
    assert early.value.cures[0].action == "mongodb.pitr"
    with pytest.raises(ActionFailed, match="still to come"):
        ctx.do(pitr, timestamp=(datetime.now(UTC) + timedelta(hours=1)).isoformat())
    with pytest.raises(ActionFailed, match="names no time zone") as asked:
        ctx.do(pitr, timestamp="2026-01-15 14:30:00")
    assert asked.value.cures[0].params == {"timestamp": "2026-01-15T14:30:00Z"}
    with pytest.raises(ActionFailed, match="is a day, and no instant"):
        ctx.do(pitr, timestamp="yesterday")
    with pytest.raises(ActionFailed, match="Say where to"):
        ctx.do(pitr)
    assert not directory(mongo).exists()


@pytest.mark.parametrize("key", ["oplog", "restore"])
def test_killed_anywhere_it_is_gone_on_with(ctx: FakeContext, at: str, key: str) -> None:
    dies_after(ctx, key)
    with pytest.raises(RunnerDied):
        ctx.do(pitr, timestamp=at)
    assert not ctx.do(pitr_state).ok
    again = ctx.reenter if key == "restore" else ctx.do
    assert again(pitr, timestamp=at).facts["last_before"] < at
    assert ctx.do(pitr_discard).ok


def test_nothing_else_is_removed(mongo: MongoLab, ctx: FakeContext, at: str) -> None:
    directory(mongo).mkdir()
    (directory(mongo) / "letters").write_text("mine")
    for act, params in ((pitr, {"timestamp": at}), (pitr_discard, {})):
        with pytest.raises(ActionFailed, match=r"something else lies there|somebody else's"):
            ctx.do(act, **params)
    shutil.rmtree(directory(mongo))

    theirs = mongo.context(id="INC-2")
    assert theirs.do(pitr, timestamp=at).ok
    with pytest.raises(ActionFailed, match="of incident INC-2"):
        ctx.do(pitr, timestamp=at)
    assert theirs.do(pitr_discard).ok
    assert not directory(mongo).exists()


def test_of_a_server_that_is_down_what_was_saved_can_be_had(mongo: MongoLab, ctx: FakeContext) -> None:
    server.stop(mongo.member)
    try:
        with pytest.raises(ActionFailed, match="What can be had: until") as short:
            ctx.do(pitr, timestamp=datetime.now(UTC).isoformat())
        assert ctx.do(pitr, **short.value.cures[0].params).ok, "what is offered can be had"
        verified = ctx.do(pitr_verify)
        assert (verified.ok, bool(verified.partial)) == (True, True)
    finally:
        server.start(mongo.member)

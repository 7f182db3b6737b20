"""The application's users are kept out by trying, and get back exactly what they had."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from pymongo.errors import OperationFailure

from actions.action import Action
from actions.outcome import ActionFailed, Outcome
from actions.secrets import Secret
from actions.systems.mongodb.login_block import MARK, blocked_document
from actions.systems.mongodb.settings import AppUser, MongodbSettings
from actions.systems.mongodb.start_stop import start, stop
from actions.systems.mongodb.writers import allow_writers, stop_writers, writers, writers_kept_out
from cleo_console.lab.mongodb.cluster import APPLICATION
from journal.events.measured import Measured
from tests.actions.contexts import FakeContext
from tests.actions.sshd import running_sshd
from tests.actions.systems.mongodb.mongo_lab import MongoLab

pytestmark = pytest.mark.xdist_group("mongodb-writers")

NOBODY = {"_id": "nobody"}


def run(action: Action, ctx: FakeContext, **params: Any) -> Outcome:
    return action.function(ctx, **params)


def changed(mongo: MongoLab, **changes: Any) -> FakeContext:
    """A context whose inventory says something else of the server."""
    settings: MongodbSettings = msgspec.structs.replace(mongo.settings, **changes)
    return FakeContext(msgspec.structs.replace(mongo.inventory, systems={"mongodb": settings}), system="mongodb")


def stored(mongo: MongoLab) -> dict[str, Any]:
    """What the server has of the application's user, all of it."""
    with mongo.session() as client:
        found = client.admin["system.users"].find_one({"user": APPLICATION})
    assert found
    return found


@pytest.fixture(autouse=True)
def let_in(mongo: MongoLab) -> Iterator[None]:
    """Each test begins and ends with the writers let in."""
    yield
    if not mongo.server().process():
        run(start, mongo.context())
    run(allow_writers, mongo.context())


def test_who_writes_is_kept_out_with_what_it_has_open_and_gets_back_exactly_what_it_had(mongo: MongoLab) -> None:
    before = stored(mongo)
    with mongo.session(APPLICATION) as app:
        transaction = app.start_session()
        transaction.start_transaction()
        app.cleoai.user_preferences.update_one({"_id": 1}, {"$set": {"torn": True}}, session=transaction)

        done = run(stop_writers, mongo.context())
        assert "tried as each" in done.summary and done.facts["sessions_ended"] >= 1
        assert Measured.of(done.facts).newest_commit_at
        assert not done.findings
        with pytest.raises(OperationFailure):
            transaction.commit_transaction()
        with pytest.raises(OperationFailure, match="not authorized"):
            app.cleoai.user_preferences.update_one(NOBODY, {"$set": {"at": 1}})
        assert writers_kept_out(mongo.context()) is None
        assert run(writers, mongo.context()).facts == {"writers_barred": True}

        again = run(stop_writers, mongo.context())
        assert again.ok and stored(mongo)["customData"][MARK]["roles"] == before["roles"]

        run(allow_writers, mongo.context())
        assert stored(mongo) == before
        assert app.cleoai.user_preferences.update_one(NOBODY, {"$set": {"at": 1}}).matched_count == 0
        assert app.cleoai.user_preferences.find_one({"_id": 1, "torn": True}) is None
    closed = writers_kept_out(mongo.context())
    assert closed and closed.opens == "mongodb.stop_writers" and "it may" in closed.message


def test_what_else_is_said_of_a_user_stays(mongo: MongoLab) -> None:
    with mongo.session() as client:
        client.admin.command("updateUser", APPLICATION, customData={"team": "storage"})
    before = stored(mongo)
    run(stop_writers, mongo.context())
    assert stored(mongo)["customData"]["team"] == "storage"
    run(allow_writers, mongo.context())
    assert stored(mongo) == before


def test_a_dry_run_keeps_nobody_out(mongo: MongoLab) -> None:
    before = stored(mongo)
    run(stop_writers, mongo.context(dry_run=True))
    assert stored(mongo) == before


def test_a_user_with_a_way_in_that_is_not_its_own_is_not_called_kept_out(mongo: MongoLab, tmp_path: Path) -> None:
    """A block that takes its roles in vain: the name in the inventory is one user, who logs in is another."""
    secret = tmp_path / "password"
    secret.write_text(mongo.member.password_file("cleo").read_text())
    secret.chmod(0o600)
    wrong = [AppUser(user="cleo", password=Secret(file=str(secret)), database="cleoai")]
    with pytest.raises(ActionFailed) as raised:
        run(stop_writers, changed(mongo, app_users=[AppUser(user="cleo", password=Secret(file=str(secret)))]))
    assert "lock itself out" in raised.value.message
    done = run(stop_writers, changed(mongo, app_users=wrong))
    assert any("no such user" in finding.text for finding in done.findings)


def test_without_a_password_it_is_said_that_nobody_tried(mongo: MongoLab) -> None:
    ctx = changed(mongo, app_users=[AppUser(user=APPLICATION)])
    done = run(stop_writers, ctx)
    assert [finding.about for finding in done.findings if "not tried" in finding.text] == [APPLICATION]
    assert stored(mongo)["roles"] == []
    run(allow_writers, ctx)
    closed = writers_kept_out(changed(mongo, app_users=[AppUser(user=APPLICATION)]))
    assert closed and "readWrite@cleoai" in closed.message


def test_a_server_that_is_down_keeps_them_out_as_soon_as_it_is_started(mongo: MongoLab) -> None:
    before = stored(mongo)
    run(stop, mongo.context())
    closed = writers_kept_out(mongo.context())
    assert closed and "nothing keeps them out once it is started" in closed.message
    run(stop_writers, mongo.context())
    assert writers_kept_out(mongo.context()) is None
    done = run(start, mongo.context())
    assert any("kept out" in finding.text for finding in done.findings)
    with mongo.session(APPLICATION) as app, pytest.raises(OperationFailure, match="not authorized"):
        app.cleoai.user_preferences.update_one(NOBODY, {"$set": {"at": 1}})
    run(allow_writers, mongo.context())
    assert stored(mongo) == before


def test_it_is_all_done_on_the_servers_host_by_ssh(mongo: MongoLab, tmp_path: Path) -> None:
    with running_sshd(tmp_path) as sshd:
        there = msgspec.structs.replace(mongo.inventory, hosts={mongo.settings.host: sshd.host()})
        assert run(stop, FakeContext(there, system="mongodb")).facts["was_running"]
        assert mongo.server().process() is None
        assert "kept out when cleo starts it" in run(stop_writers, FakeContext(there, system="mongodb")).summary
        done = run(start, FakeContext(there, system="mongodb"))
        assert any("kept out" in finding.text for finding in done.findings)
        assert run(writers, FakeContext(there, system="mongodb")).facts == {"writers_barred": True}
        assert run(allow_writers, FakeContext(there, system="mongodb")).ok
    assert mongo.service.is_running(), "it outlives the connection"


def test_whoever_started_it_the_next_start_by_cleo_keeps_them_out(mongo: MongoLab) -> None:
    """The runner died between the start and the block, or somebody else started it."""
    run(stop, mongo.context())
    run(stop_writers, mongo.context())
    mongo.service.start()
    assert writers_kept_out(mongo.context()) is not None
    done = run(start, mongo.context())
    assert "already up" in done.summary and any("kept out" in finding.text for finding in done.findings)
    assert writers_kept_out(mongo.context()) is None
    ctx = mongo.context()
    assert "already up" in run(start, ctx).summary and not ctx.effects


def test_a_user_that_is_restored_can_be_made_to_be_kept_out_from_its_first_moment(mongo: MongoLab) -> None:
    before = stored(mongo)
    document = blocked_document(before, "INC-1")
    assert blocked_document(document, "INC-2") == document
    with mongo.session() as client:
        client.admin["system.users"].replace_one({"_id": before["_id"]}, document)
    assert writers_kept_out(mongo.context()) is None
    run(allow_writers, mongo.context())
    assert stored(mongo) == before

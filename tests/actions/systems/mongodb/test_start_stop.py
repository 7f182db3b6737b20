"""A mongod is started and stopped; what keeps it from starting is said in its own words, with the smallest cure."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from actions.action import Action
from actions.machine.shutdown import stoppable_again
from actions.outcome import ActionFailed, GateClosed, Outcome
from actions.systems.mongodb.backup_chain import order
from actions.systems.mongodb.backups.engine import ENGINE
from actions.systems.mongodb.connection import CannotConnect
from actions.systems.mongodb.managers import unmanaged
from actions.systems.mongodb.restore import restore
from actions.systems.mongodb.show_log import show_log
from actions.systems.mongodb.start_stop import is_running, start, stop
from actions.systems.mongodb.state import ask
from actions.systems.mongodb.writers import stop_writers
from cleo_console.lab.mongodb import server
from journal.events.measured import Measured
from tests.actions.contexts import FakeContext
from tests.actions.systems.mongodb.mongo_lab import MongoLab
from tests.waiting import until

pytestmark = pytest.mark.xdist_group("mongodb-start-stop")


def run(action: Action, ctx: FakeContext, **params: Any) -> Outcome:
    return action.function(ctx, **params)


@contextmanager
def without(path: Path) -> Iterator[None]:
    """A file or folder that is not there for a while."""
    away = path.with_name(f"{path.name}.away")
    path.rename(away)
    try:
        yield
    finally:
        if path.is_dir():
            shutil.rmtree(path)
        path.unlink(missing_ok=True)
        away.rename(path)


@pytest.fixture
def down(mongo: MongoLab) -> Iterator[MongoLab]:
    """The server, stopped; it runs again afterwards."""
    server.stop(mongo.member)
    yield mongo
    if server.process(mongo.member.data_directory) is None:
        server.start(mongo.member)
    server.wait_until_primary(mongo.member)


def test_what_was_acknowledged_before_a_kill_comes_back_and_is_measured(mongo: MongoLab) -> None:
    with mongo.session() as client:
        client.cleoai.heartbeat.insert_one({"at": (at := ask(client, "serverStatus")["localTime"])})
    pid = mongo.server().process()
    assert pid
    os.kill(pid.pid, signal.SIGKILL)
    until(lambda: mongo.server().process() is None)
    assert not run(is_running, mongo.context()).ok

    ctx = mongo.context()
    done = run(start, ctx)
    assert done.ok and ctx.effects
    back = Measured.of(done.facts).recovered_to
    assert back and back >= at
    assert run(is_running, mongo.context()).summary.endswith("its data directory is a database.")
    assert "already up" in run(start, mongo.context()).summary


def test_it_is_stopped_and_stays_down_and_a_dry_run_stops_nothing(mongo: MongoLab) -> None:
    dry = run(stop, mongo.context(dry_run=True))
    assert "would stop" in dry.summary and mongo.server().process()
    done = run(stop, mongo.context())
    assert done.facts["was_running"] and Measured.of(done.facts).newest_commit_at
    assert mongo.server().process() is None
    assert run(stop, mongo.context()).facts == {"was_running": False}
    assert run(start, mongo.context()).ok


def test_its_oplog_is_saved_before_it_is_stopped_and_what_cannot_be_saved_keeps_nobody_from_stopping(
    mongo: MongoLab,
) -> None:
    def reach() -> str:
        return ENGINE.list(mongo.context(), "mongodb").facts["last_saved"]

    with mongo.session() as client:
        client.cleoai.heartbeat.insert_one({"at": ask(client, "serverStatus")["localTime"]})
        newest = next(client.local["oplog.rs"].find({"ns": "cleoai.heartbeat"}).sort("$natural", -1))["ts"]
    assert not run(stop, mongo.context()).findings
    saved = reach()
    assert order(saved) >= (newest.time, newest.inc)
    assert run(start, mongo.context()).settles == stoppable_again("mongodb.stop")
    with without(mongo.member.repository):
        (found,) = run(stop, mongo.context()).findings
    assert (found.about, found.severity) == ("oplog", "warning")
    assert reach() == saved and mongo.server().process() is None
    assert run(start, mongo.context()).ok


def test_one_that_hangs_is_ended_at_once_where_that_is_asked_for(mongo: MongoLab) -> None:
    found = mongo.server().process()
    assert found
    os.kill(found.pid, signal.SIGSTOP)
    assert run(stop, mongo.context(), immediate=True).ok
    assert mongo.server().process() is None
    assert run(start, mongo.context()).ok


def test_nothing_is_started_where_the_data_is_lost_for_that_would_be_a_new_server(down: MongoLab) -> None:
    with without(down.member.data_directory):
        down.member.data_directory.mkdir()
        ctx = down.context()
        with pytest.raises(ActionFailed) as raised:
            run(start, ctx)
        assert not ctx.effects
        assert list(down.member.data_directory.iterdir()) == []
    assert [cure.action for cure in raised.value.cures] == ["mongodb.restore"]


def test_damaged_data_is_named_in_the_servers_words_and_leads_to_a_restore_not_to_a_repair(down: MongoLab) -> None:
    with without(down.member.data_directory / "_mdb_catalog.wt"):
        (down.member.data_directory / "_mdb_catalog.wt").write_bytes(b"x" * 36864)
        with pytest.raises(ActionFailed) as raised:
            run(start, down.context())
    assert "_mdb_catalog.wt" in raised.value.message
    assert [cure.action for cure in raised.value.cures] == ["mongodb.restore"]


def test_what_has_nothing_to_do_with_the_data_leads_to_no_restore(down: MongoLab) -> None:
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", down.member.port))
        other.listen()
        with pytest.raises(CannotConnect) as taken:
            run(start, down.context())
        assert f"process {os.getpid()} listens there" in taken.value.message
    down.member.key_file.chmod(0o644)
    try:
        with pytest.raises(ActionFailed) as key:
            run(start, down.context())
    finally:
        down.member.key_file.chmod(0o600)
    assert "Unable to acquire security key" in key.value.message
    assert not key.value.cures and "chmod 600" in key.value.hint


def test_a_members_data_is_not_started_as_a_server_of_its_own(down: MongoLab) -> None:
    text = down.member.config_file.read_text()
    alone = text.replace(f"  replSetName: {down.member.set_name}\n", "")
    down.member.config_file.write_text(alone)
    try:
        with pytest.raises(ActionFailed) as raised:
            run(start, down.context())
    finally:
        down.member.config_file.write_text(text)
    assert "less than was acknowledged" in raised.value.message
    assert f"replSetName: {down.member.set_name}" in raised.value.hint


def test_what_mongodbs_automation_runs_is_not_acted_on_beside_it(mongo: MongoLab) -> None:
    assert unmanaged(mongo.context()) is None
    agents = mongo.member.data_directory / "automation-mongod.conf"
    agents.touch()
    try:
        closed = unmanaged(mongo.context())
    finally:
        agents.unlink()
    assert closed and closed.gate == "managed"
    assert "MongoDB Agent" in closed.message
    assert all("managed" in action.spec.gates for action in (start, stop, stop_writers, restore))


def test_the_log_is_shown_as_a_person_reads_it(mongo: MongoLab) -> None:
    ctx = mongo.context()
    assert run(show_log, ctx, lines=20).ok
    assert len(ctx.lines) == 20
    assert not any(line.startswith("{") for line in ctx.lines)
    nowhere = msgspec.structs.replace(mongo.settings.service, log="/nowhere/mongod.log")
    systems = {"mongodb": msgspec.structs.replace(mongo.settings, service=nowhere)}
    lost = FakeContext(msgspec.structs.replace(mongo.inventory, systems=systems), system="mongodb")
    assert "No such file" in run(show_log, lost).summary


def test_a_clock_that_is_ahead_wants_a_reason(down: MongoLab, monkeypatch: pytest.MonkeyPatch) -> None:
    """Our own is set back instead: the host's is a day ahead of it."""
    real = time.time
    monkeypatch.setattr("actions.machine.clock.time", SimpleNamespace(time=lambda: real() - 86_500))
    with pytest.raises(GateClosed, match="is 24 h 01 min ahead of this machine's: all documents") as closed:
        run(start, down.context())
    assert closed.value.gate == "clock"
    assert run(start, down.context(overrides={"clock": "nothing in it expires"})).ok

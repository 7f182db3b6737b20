"""A mongod's health, and the proof of which server answers: by the process that has the data directory open."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from actions.secrets import Secret
from actions.systems.mongodb.connection import CannotConnect
from actions.systems.mongodb.verified_connection import connect_verified
from cleo_console.lab.mongodb import server
from journal.events.measured import Measured
from tests.actions.systems.mongodb.mongo_lab import MongoLab
from tests.waiting import until

pytestmark = pytest.mark.xdist_group("mongodb-who-answers")


@contextmanager
def stopped(pid: int) -> Iterator[None]:
    """A process that hangs."""
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


@contextmanager
def stranger(mongo: MongoLab, folder: Path) -> Iterator[int]:
    """Another mongod at the server's own port, without any users; the pid of it."""
    server.stop(mongo.member)
    (folder / "db").mkdir()
    where = ["--dbpath", str(folder / "db"), "--logpath", str(folder / "log"), "--port", str(mongo.member.port)]
    alone = ["--bind_ip", "127.0.0.1", "--nounixsocket", "--wiredTigerCacheSizeGB", "0.25"]
    subprocess.run([str(mongo.member.mongod), *where, *alone, "--fork"], check=True, stdout=subprocess.DEVNULL)
    pid = int((folder / "db" / "mongod.lock").read_text())
    try:
        yield pid
    finally:
        os.kill(pid, signal.SIGKILL)
        until(lambda: not Path(f"/proc/{pid}/exe").exists())
        server.start(mongo.member)
        server.wait_until_primary(mongo.member)


@pytest.fixture
def far_west(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """This program's clock is shown five hours behind the server's, which has no zone."""
    monkeypatch.setenv("TZ", "EST5")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.usefixtures("far_west")
def test_a_primary_is_up_and_its_newest_write_is_measured_by_its_own_clock(mongo: MongoLab) -> None:
    until(lambda: Measured.of(mongo.health().facts).newest_commit_at)
    found = mongo.health()
    assert found.status == "up", found.detail
    assert found.facts["state"] == "PRIMARY"
    assert found.facts["version"].startswith("6.0")
    newest = Measured.of(found.facts).newest_commit_at
    assert newest and abs((datetime.now(UTC) - newest).total_seconds()) < 5


def test_without_a_heartbeat_the_newest_write_is_read_from_the_oplog_without_the_servers_own(mongo: MongoLab) -> None:
    with mongo.session() as client:
        client.cleoai.scratch.insert_one({"made": "now"})
        client.admin.command("appendOplogNote", data={"note": "the server's own no-ops look like this"})
    newest = Measured.of(mongo.health(heartbeat="").facts).newest_commit_at
    assert newest and abs((datetime.now(UTC) - newest).total_seconds()) < 5


def test_who_may_not_log_in_learns_that_it_runs_and_that_its_password_is_wrong(mongo: MongoLab, tmp_path: Path) -> None:
    wrong = tmp_path / "password"
    wrong.write_text("wrong")
    wrong.chmod(0o600)
    found = mongo.health(password=Secret(file=str(wrong)))
    assert found.status == "not measured"
    assert "user or password is wrong" in found.detail
    assert "Authentication failed" in found.detail


def test_a_server_that_hangs_is_silent_within_the_deadline_and_its_process_is_named(mongo: MongoLab) -> None:
    pid = mongo.service.status().pids["server"]
    assert pid
    with stopped(pid):
        found = mongo.health(deadline_s=2.0)
    assert found.status == "not answering"
    assert f"its process {pid} is there" in found.detail


def test_a_stranger_at_the_port_is_not_believed_whether_or_not_it_lets_us_in(mongo: MongoLab, tmp_path: Path) -> None:
    with stranger(mongo, tmp_path) as pid:
        refused = mongo.health()
        assert refused.status == "down"
        assert f"another server answers: process {pid} works in {tmp_path}/db" in refused.detail
        with pytest.raises(CannotConnect) as raised, connect_verified(mongo.server()):
            pass
        assert raised.value.why == "another"
        believed = mongo.health(user="", password=None)
        assert believed.status == "down"
        assert f"its process {pid} works in {tmp_path}/db" in believed.detail
    assert mongo.health().status == "up"


def test_a_server_whose_directory_was_moved_away_is_not_ours_any_more(mongo: MongoLab) -> None:
    moved = mongo.member.data_directory.with_name("moved")
    mongo.member.data_directory.rename(moved)
    try:
        mongo.member.data_directory.mkdir()
        found = mongo.health()
        assert found.status == "down"
        assert f"works in {moved}" in found.detail
        mongo.member.data_directory.rmdir()
    finally:
        moved.rename(mongo.member.data_directory)


def test_a_server_that_is_not_there_is_down(mongo: MongoLab) -> None:
    server.stop(mongo.member)
    try:
        found = mongo.health()
        assert (found.status, found.facts["reason"]) == ("down", "refused")
        assert mongo.server().process() is None
    finally:
        server.start(mongo.member)

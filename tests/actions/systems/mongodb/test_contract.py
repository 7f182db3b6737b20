"""MongoDB passes what every type of system must pass."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from cleo_console.lab.mongodb import server
from cleo_contract import Contract, SystemUnderTest
from tests.actions.systems.mongodb.mongo_lab import MongoLab, running_mongodb
from tests.waiting import until

pytestmark = pytest.mark.xdist_group("mongodb-contract")


class MongodbUnderTest(SystemUnderTest):
    """The lab's server."""

    type = "mongodb"
    recovery = (
        "backups.hold",
        "mongodb.stop_writers",
        "mongodb.restore",
        "mongodb.rebuild_indexes",
        "mongodb.verify",
        "mongodb.allow_writers",
        "mongodb.allow_ttl",
        "backups.release",
    )
    asked_twice = (
        "backups.hold",
        "backups.release",
        "mongodb.stop_writers",
        "mongodb.allow_writers",
        "mongodb.stop",
        "mongodb.start",
    )
    kill_every = 12

    def __init__(self, lab: MongoLab) -> None:
        super().__init__(lab.inventory_file)
        self._lab = lab
        self._member = lab.member

    def fingerprint(self) -> Mapping[str, object]:
        files = [self._member.config_file, self._member.hold_file]
        found: dict[str, object] = {str(path): _digest(path) for path in files if path.is_file()}
        beside = sorted(path.name for path in self._member.data_directory.parent.iterdir())
        process = server.process(self._member.data_directory)
        return found | {"beside": beside, "pid": process.pid if process else None}

    def kept(self) -> Sequence[str]:
        data = self._member.data_directory
        return [path.name for path in sorted(data.parent.glob(f"{data.name}.aside-*"))]

    def lose(self) -> None:
        self._lab.break_("kill")

    @contextmanager
    def hangs(self) -> Iterator[None]:
        process = server.process(self._member.data_directory)
        assert process
        os.kill(process.pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(process.pid, signal.SIGCONT)

    @contextmanager
    def stranger(self) -> Iterator[Callable[[], bool]]:
        """A server in another directory, with a copy of our data: our set, our users and our passwords."""
        member, copy = self._member, self._member.directory / "copy"
        server.stop(member)
        subprocess.run(["cp", "-a", str(member.data_directory), str(copy)], check=True)
        config = self._member.directory / "copy.conf"
        text = member.config_file.read_text().replace(str(member.data_directory), str(copy))
        config.write_text(text.replace("mongod.pid", "copy.pid"))
        member.run([str(member.mongod), "--config", str(config)])
        server.wait_until_primary(member)
        before = self._users()
        try:
            yield lambda: self._users() != before
        finally:
            pid = int((copy / "mongod.lock").read_text())
            os.kill(pid, signal.SIGKILL)
            until(lambda: self._lab.health().facts.get("reason") == "refused")
            shutil.rmtree(copy)
            config.unlink()
            server.start(member)
            server.wait_until_primary(member)

    def _users(self) -> object:
        with self._lab.session() as client:
            return list(client.admin["system.users"].find())

    @contextmanager
    def unseen(self) -> Iterator[None]:
        """Its pid file is gone, and its lock file says nothing.

        So is the record of a restore before: that test's incident is called like this one's, in a home of its own.
        """
        data = self._member.data_directory
        files = [self._member.run_directory / "mongod.pid", data.parent / f"{data.name}.cleo-restore.json"]
        gone = [file.rename(f"{file}.gone") for file in files if file.exists()]
        lock = data / "mongod.lock"
        said = lock.read_text()
        lock.write_text("")
        try:
            yield
        finally:
            lock.write_text(said)
            for file in gone:
                file.rename(str(file).removesuffix(".gone"))

    def show_secrets(self) -> bool:
        """Its log holds the password, as after a command with it that failed."""
        with self._member.server_log.open("a") as file:
            line = {"s": "E", "c": "COMMAND", "msg": "Failed", "attr": {"error": f"somebody typed {self.secrets[0]}"}}
            file.write(json.dumps(line) + "\n")
        return True


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:16]


class TestMongodb(Contract):
    """The contract, asked of MongoDB."""

    @pytest.fixture(scope="class")
    def system(self) -> Iterator[SystemUnderTest]:
        with running_mongodb() as lab:
            yield MongodbUnderTest(lab)

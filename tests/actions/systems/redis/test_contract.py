"""Redis passes what every type of system must pass."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

from actions.systems.redis import takeover, verify
from cleo_console.lab.redis import server
from cleo_contract import Contract, SystemUnderTest
from tests.actions.systems.redis.redis_lab import RedisLab, running_redis
from tests.waiting import until

pytestmark = pytest.mark.xdist_group("redis-contract")


class RedisUnderTest(SystemUnderTest):
    """The lab's server."""

    type = "redis"
    recovery = (
        "backups.hold",
        "redis.stop_writers",
        "redis.restore",
        "redis.verify",
        "redis.allow_writers",
        "backups.release",
    )
    asked_twice = (
        "backups.hold",
        "backups.release",
        "redis.stop_writers",
        "redis.allow_writers",
        "redis.stop",
        "redis.start",
    )
    kill_every = 8
    restored_runs = True

    def __init__(self, lab: RedisLab) -> None:
        super().__init__(lab.inventory_path)
        self._lab = lab
        self._node = lab.node()

    def fingerprint(self) -> Mapping[str, object]:
        files = [self._node.config_file, self._node.acl_file, self._node.hold_file]
        found: dict[str, object] = {str(path): _digest(path) for path in files if path.is_file()}
        return found | {"beside": sorted(self._beside()), "pid": server.server_pid(self._node)}

    def _beside(self) -> list[str]:
        inside = (
            [path.name for path in self._node.data_directory.glob("*")] if self._node.data_directory.exists() else []
        )
        return [path.name for path in self._node.directory.iterdir()] + [n for n in inside if not n.startswith("temp-")]

    def kept(self) -> Sequence[str]:
        return [path.name for path in sorted(self._node.directory.glob("data.aside-*"))]

    def lose(self) -> None:
        self._lab.break_("redis", "torn-aof")

    def hangs(self) -> AbstractContextManager[None]:
        return self._lab.frozen()

    @contextmanager
    def stranger(self) -> Iterator[Callable[[], bool]]:
        """A server in another directory, with a copy of our data, our users and our passwords."""
        node, copy = self._node, self._node.directory / "copy"
        server.stop(node)
        subprocess.run(["cp", "-a", str(node.data_directory), str(copy)], check=True)
        shutil.copy2(node.acl_file, copy / "users.acl")
        subprocess.run(["chown", f"{node.account.uid}:{node.account.gid}", str(copy / "users.acl")], check=True)
        other = ["--dir", str(copy), "--aclfile", str(copy / "users.acl"), "--pidfile", str(copy / "pid")]
        node.run([node.program("redis-server"), str(node.config_file), *other])
        until(lambda: self._lab.probe().facts.get("reason") == "another")
        before = _digest(copy / "users.acl"), self._keys()
        try:
            yield lambda: (_digest(copy / "users.acl"), self._keys()) != before
        finally:
            subprocess.run(["kill", (copy / "pid").read_text().strip()], check=True)
            until(lambda: self._lab.probe().facts.get("reason") == "refused")
            shutil.rmtree(copy)
            server.start(node)

    def _keys(self) -> object:
        with self._node.client() as client:
            return [client.acl_list(), client.info("keyspace")["db1"]["keys"]]

    @contextmanager
    def unseen(self) -> Iterator[None]:
        """Its pid file is gone.

        So is the record of a restore before: that test's incident is called like this one's, in a home of its own.
        """
        files = [self._node.run_directory / "redis.pid", self._node.directory / "data.cleo-restore.json"]
        gone = [file.rename(file.with_suffix(".gone")) for file in files if file.exists()]
        try:
            yield
        finally:
            for file in gone:
                file.rename(next(one for one in files if one.stem == file.stem))

    def show_secrets(self) -> bool:
        """Its log holds the password, as after a command with it that failed."""
        with self._node.server_log.open("a") as file:
            file.write(f"1:M 29 Nov 2026 01:00:00.000 # somebody typed {self.secrets[0]}\n")
        return True


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:16]


class TestRedis(Contract):
    """The contract, asked of Redis."""

    @pytest.fixture(scope="class")
    def system(self) -> Iterator[SystemUnderTest]:
        with running_redis() as lab, pytest.MonkeyPatch.context() as patch:
            for module in (takeover, verify):
                patch.setattr(module, "AGAIN_S", 0.5)
            yield RedisUnderTest(lab)

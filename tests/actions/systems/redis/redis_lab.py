"""A running Redis for tests: a lab with that alone, and what tests do to it by hand.

Import the fixture `redis_lab` where it is needed: one a test module.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest

from actions.health import Health
from actions.inventory import Inventory, load_inventory
from actions.systems.redis.probe import probe
from actions.systems.redis.settings import RedisSettings
from actions.transport import local
from cleo_console import lab as labs
from cleo_console.lab.redis import server
from cleo_console.lab.redis.node import Node
from cleo_console.lab.redis.service import NodeService
from tests.actions.contexts import FakeContext
from tests.labs import lab_directory
from tests.waiting import until

__all__ = ["RedisLab", "redis_lab", "running_redis"]


class RedisLab(labs.Lab):
    """A lab with a Redis server, and perhaps its replica."""

    def node(self, name: str = "redis") -> Node:
        """One of its servers."""
        service = self.services[name]
        assert isinstance(service, NodeService)
        return service.node

    @property
    def inventory(self) -> Inventory:
        """What the console is given."""
        return load_inventory(self.inventory_path)

    def settings(self, name: str = "redis") -> RedisSettings:
        """A server's entry in the inventory."""
        return self.inventory.system(name, RedisSettings)

    def ctx(self, name: str = "redis", **more: Any) -> FakeContext:
        """A context that is aimed at a server."""
        return FakeContext(self.inventory, system=name, **more)

    def probe(self, name: str = "redis", deadline_s: float = 8.0) -> Health:
        """A server's health."""
        return probe(name, self.settings(name), local(), deadline_s=deadline_s)

    def pid(self, name: str = "redis") -> int:
        """A server's process."""
        found = server.server_pid(self.node(name))
        assert found
        return found

    @contextmanager
    def frozen(self, name: str = "redis") -> Iterator[None]:
        """A server that takes connections and answers nothing."""
        pid = self.pid(name)
        os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            with suppress(ProcessLookupError):  # the test ended it
                os.kill(pid, signal.SIGCONT)

    def kill(self, name: str = "redis") -> None:
        """Kill a server."""
        os.kill(self.pid(name), signal.SIGKILL)
        until(lambda: server.server_pid(self.node(name)) is None)


@contextmanager
def running_redis(*, standby: bool = False) -> Iterator[RedisLab]:
    """A lab with a Redis server that is up."""
    with lab_directory() as directory:
        yield RedisLab.up(directory, systems=["redis"], standby=standby)


@pytest.fixture(scope="module")
def redis_lab() -> Iterator[RedisLab]:
    """One running Redis with a replica, for all tests of a module."""
    with running_redis(standby=True) as running:
        yield running

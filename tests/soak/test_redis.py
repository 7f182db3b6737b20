"""A restore of Redis whose runner is killed at every point between two effects (`make soak`)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from cleo_contract import Contract, SystemUnderTest
from tests.actions.systems.redis import test_contract
from tests.actions.systems.redis.redis_lab import running_redis


class RedisAtEveryPoint(test_contract.RedisUnderTest):
    """The lab's server, and no point left out."""

    kill_every = 1


class TestRedisAtEveryPoint(Contract):
    """The contract, asked of it."""

    @pytest.fixture(scope="class")
    def system(self) -> Iterator[SystemUnderTest]:
        with running_redis() as lab:
            yield RedisAtEveryPoint(lab)

"""A restore of MongoDB whose runner is killed at every point between two effects (`make soak`)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from cleo_contract import Contract, SystemUnderTest
from tests.actions.systems.mongodb import test_contract
from tests.actions.systems.mongodb.mongo_lab import running_mongodb


class MongodbAtEveryPoint(test_contract.MongodbUnderTest):
    """The lab's server, and no point left out."""

    kill_every = 1


class TestMongodbAtEveryPoint(Contract):
    """The contract, asked of it."""

    @pytest.fixture(scope="class")
    def system(self) -> Iterator[SystemUnderTest]:
        with running_mongodb() as lab:
            yield MongodbAtEveryPoint(lab)

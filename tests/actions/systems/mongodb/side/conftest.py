"""A context for each test, and no side instance left after it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from actions.systems.mongodb.side.pitr import pitr_discard
from tests.actions.contexts import FakeContext
from tests.actions.systems.mongodb.mongo_lab import MongoLab


@pytest.fixture
def ctx(mongo: MongoLab) -> Iterator[FakeContext]:
    """A context whose side instance is removed after the test."""
    found = mongo.context()
    yield found
    found.cancelled = False
    assert found.do(pitr_discard).ok

"""A context for each test of a module; the side instance stays for the next one, and goes with the last."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from actions.systems.mongodb.side.pitr import pitr_discard
from tests.actions.contexts import FakeContext
from tests.actions.systems.mongodb.mongo_lab import MongoLab


@pytest.fixture(scope="module")
def no_side_left(mongo: MongoLab) -> Iterator[None]:
    """No side instance is left once the module's tests are over."""
    yield
    assert mongo.context().do(pitr_discard).ok


@pytest.fixture
def ctx(mongo: MongoLab, no_side_left: None) -> FakeContext:
    """A context for one test."""
    return mongo.context()

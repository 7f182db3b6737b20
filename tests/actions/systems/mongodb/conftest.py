"""One mongod for all tests of a module; its tests stay in one worker by ``pytest.mark.xdist_group``."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.actions.systems.mongodb.mongo_lab import MongoLab, running_mongodb


@pytest.fixture(scope="module")
def mongo() -> Iterator[MongoLab]:
    """A mongod that is up, with CleoAI's collections and its writer."""
    with running_mongodb() as running:
        yield running

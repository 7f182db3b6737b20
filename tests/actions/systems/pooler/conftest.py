"""One lab for all tests of the pooler."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.actions.systems.pooler.poolers import PoolerLab, pooler_lab


@pytest.fixture(scope="package")
def made() -> Iterator[PoolerLab]:
    """A pooler in front of two servers that take writes."""
    with pooler_lab() as found:
        yield found

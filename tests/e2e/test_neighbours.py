"""PostgreSQL alone is lost: who follows NEXT closes the incident, and of MongoDB and Redis only backups are taken."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.neighbours import one_comes_back
from tests.labs import running_stores

pytestmark = pytest.mark.xdist_group("e2e-tracks")


@pytest.mark.timeout(300)
def test_one_store_is_lost_and_the_other_two_are_left_alone(tmp_path: Path) -> None:
    with running_stores() as stores:
        one_comes_back(stores, tmp_path / "home", "postgres")

"""Everything is lost, and the runner is killed in the middle of each step of each track: all comes back, and once."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.recovered import Middle, everything_comes_back
from tests.labs import running_stores

MIDDLES = [
    ("postgres.restore", "verify"),
    ("postgres.restore", "restore"),
    ("postgres.apply_wal", "start"),
    ("postgres.verify", "amcheck"),
    ("mongodb.restore", "restore"),
    ("mongodb.restore", "put"),
    ("mongodb.rebuild_indexes", "start"),
    ("mongodb.verify", ""),
    ("redis.restore", "place"),
    ("redis.restore", "start-restored"),
    ("redis.verify", ""),
    ("redis.warm_cache", ""),
]
"""Restore, replay, index rebuild, reload, verification and warming: an action, and the program that it has begun."""


@pytest.mark.parametrize("middle", MIDDLES, ids=" ".join)
def test_everything_comes_back_though_the_runner_is_killed_there(middle: Middle, tmp_path: Path) -> None:
    with running_stores() as stores:
        everything_comes_back(stores, tmp_path / "home", [middle])


def test_everything_comes_back_though_the_runner_is_killed_at_each_of_them(tmp_path: Path) -> None:
    with running_stores() as stores:
        everything_comes_back(stores, tmp_path / "home", MIDDLES)

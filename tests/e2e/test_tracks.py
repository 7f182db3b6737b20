"""Everything is lost, and the tracks of the data section run at once, also with the runner killed in each of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.recovered import everything_comes_back
from tests.labs import running_stores

pytestmark = pytest.mark.xdist_group("e2e-tracks")

IN_EACH_TRACK = [
    ("postgres.restore", "restore"),
    ("mongodb.restore", "restore"),
    ("redis.restore", "start-restored"),
    ("files.restore", "swap"),
]
"""In which program of which action the runner is killed, one after the other; each is in the middle of its track."""


@pytest.mark.timeout(300)
def test_everything_comes_back_though_the_runner_is_killed_in_the_middle_of_each_track(tmp_path: Path) -> None:
    with running_stores("files", "configuration") as stores:
        everything_comes_back(stores, tmp_path / "home", IN_EACH_TRACK)

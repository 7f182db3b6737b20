"""What looks say of two faults leads to decisions that fit them and open what they are to open; nothing is restored.

One pair in five is decided here, each by what real looks said of each fault, put together. `make soak` decides all of
them, and recovers them.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.decided import Disasters, both_are_decided, looked_at
from tests.e2e.two_faults import Fault, Pair, name_of, pairs_of

pytestmark = [pytest.mark.xdist_group("e2e-decided"), pytest.mark.timeout(600)]

TRIED: list[Fault] = [
    ("postgres", "lose-data-directory"),
    ("postgres", "drop-table"),
    ("mongodb", "kill"),
    ("mongodb", "drop-collection"),
    ("mongodb", "duplicate-keys"),
    ("mongodb", "expire-soon"),
    ("redis", "kill"),
    ("redis", "lose-data"),
    ("redis", "flip-byte"),
    ("redis", "maxmemory-too-small"),
    ("redis", "flush-all"),
]
"""Those that are done quickly, of every kind: down, lost, damaged on the disk, changed as written, seen by no look."""


@pytest.fixture(scope="module")
def disasters() -> Iterator[Disasters]:
    yield looked_at(TRIED)


@pytest.mark.parametrize("pair", pairs_of(TRIED), ids=name_of)
def test_two_faults_are_decided(disasters: Disasters, pair: Pair, tmp_path: Path) -> None:
    both_are_decided(disasters, tmp_path / "home", pair)

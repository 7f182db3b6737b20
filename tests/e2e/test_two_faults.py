"""Two stores are broken at once, each otherwise; both are recovered by what NEXT names, and the data is what it was.

One pair of 270 is recovered here, as a minute has room for: one store is lost, another one corrupted. One in five is
decided without a restore (`test_two_faults_decided`), and `make soak` decides and recovers all of them.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.two_faults import Pair, both_are_recovered
from tests.labs import running_stores

pytestmark = pytest.mark.xdist_group("e2e-tracks")

PAIR: Pair = ("postgres", "lose-data-directory"), ("mongodb", "duplicate-keys")
"""The recovery point that the corruption asks for lies behind everything that is left of the store that was lost."""


@pytest.mark.timeout(300)
def test_two_faults_are_recovered(tmp_path: Path) -> None:
    with running_stores() as stores:
        both_are_recovered(stores, tmp_path / "home", PAIR)

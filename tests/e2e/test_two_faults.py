"""Two stores are broken at once, each otherwise; both are recovered by what NEXT names, and the data is what it was.

Of every 270 pairs, in their order, the 158th is tried here: what a minute has room for. `make soak` tries all of them.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.two_faults import PAIRS, Pair, both_are_recovered, name_of
from tests.labs import running_stores

pytestmark = pytest.mark.xdist_group("e2e-tracks")

FIRST, EVERY = 157, 270


@pytest.mark.timeout(300)
@pytest.mark.parametrize("pair", PAIRS[FIRST::EVERY], ids=name_of)
def test_two_faults_are_recovered(pair: Pair, tmp_path: Path) -> None:
    with running_stores() as stores:
        both_are_recovered(stores, tmp_path / "home", pair)

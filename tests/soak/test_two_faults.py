"""Each two faults of two stores, once: both are recovered by what NEXT names, and the data is what it was (hours)."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.two_faults import PAIRS, Fault, both_are_recovered
from tests.labs import running_stores


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: " + ".join(map(" ".join, pair)))
def test_two_faults_are_recovered(pair: tuple[Fault, Fault], tmp_path: Path) -> None:
    with running_stores() as stores:
        both_are_recovered(stores, tmp_path / "home", pair)

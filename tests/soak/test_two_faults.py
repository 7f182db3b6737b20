"""Each two faults of two stores, once: both are recovered by what NEXT names, and the data is what it was (hours)."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.decided import Disasters, both_are_decided, looked_at
from tests.e2e.two_faults import ALL, PAIRS, Pair, both_are_recovered, name_of
from tests.labs import running_stores


@pytest.fixture(scope="module")
def disasters() -> Disasters:
    return looked_at(ALL)


@pytest.mark.parametrize("pair", PAIRS, ids=name_of)
def test_two_faults_are_decided(disasters: Disasters, pair: Pair, tmp_path: Path) -> None:
    both_are_decided(disasters, tmp_path / "home", pair)


@pytest.mark.parametrize("pair", PAIRS, ids=name_of)
def test_two_faults_are_recovered(pair: Pair, tmp_path: Path) -> None:
    with running_stores() as stores:
        both_are_recovered(stores, tmp_path / "home", pair)

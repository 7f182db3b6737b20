"""One store of three is lost, each in its turn, and the others are left alone; or one is hit, or left out, later."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.neighbours import LOSES, one_comes_back, one_is_hit_later, one_is_taken_out_again
from tests.labs import running_stores


@pytest.mark.parametrize("lost", [*LOSES])
def test_one_store_is_lost_and_the_other_two_are_left_alone(lost: str, tmp_path: Path) -> None:
    with running_stores() as stores:
        one_comes_back(stores, tmp_path / "home", lost)


def test_a_neighbour_that_is_hit_later_is_asked_about_and_recovered(tmp_path: Path) -> None:
    with running_stores() as stores:
        one_is_hit_later(stores, tmp_path / "home")


def test_the_writers_of_a_store_that_is_not_affected_after_all_are_let_in_again(tmp_path: Path) -> None:
    with running_stores() as stores:
        one_is_taken_out_again(stores, tmp_path / "home")

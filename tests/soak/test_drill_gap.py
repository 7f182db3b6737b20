"""A drill of a backup behind which the log has a gap: it is named, and so is how far one comes."""

from __future__ import annotations

import pytest

from actions.inventory import load_inventory
from actions.outcome import ActionFailed
from actions.systems.postgres.side.drill import drill
from tests.actions.contexts import FakeContext
from tests.labs import Lab, lab

__all__ = ["lab"]


def test_a_gap_in_the_log_fails_the_drill_and_is_named(lab: Lab) -> None:
    lab.backup("full")
    lost = lab.break_("postgres", "lose-wal-segment").details["segment"]
    with pytest.raises(ActionFailed, match=f"{lost} is missing from the archive. What can be had: until"):
        FakeContext(load_inventory(lab.inventory_path)).do(drill)
    assert not lab.postgres.data_directory.with_name("data.drill").exists()

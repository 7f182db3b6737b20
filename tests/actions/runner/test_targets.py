"""Claims of targets: one incident works on one, and where nobody can tell which, none does."""

from __future__ import annotations

from pathlib import Path

import pytest

from actions.runner.targets import TargetClaimed, Targets
from journal.events.types import Identity

TARGET = [Identity(name="host", value="db1", known="reported"), Identity(name="path", value="/data", known="reported")]


def test_a_damaged_claim_is_nobodys_to_pass_over(tmp_path: Path) -> None:
    journal = tmp_path / "journal.db"
    journal.touch()
    mine = Targets(tmp_path / "locks", "INC-1", journal)
    mine.claim(TARGET)
    (claim,) = (tmp_path / "locks").glob("*.json")
    with pytest.raises(TargetClaimed, match="INC-1 on"):
        Targets(tmp_path / "locks", "INC-2", journal).claim(TARGET)
    claim.write_text('{"incident": "INC')
    with pytest.raises(TargetClaimed, match=r"damaged.*\n.*remove the file"):
        Targets(tmp_path / "locks", "INC-2", journal).claim(TARGET)
    mine.release_all()
    assert claim.exists()

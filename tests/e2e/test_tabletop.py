"""A tabletop in a real terminal, from its opening to its assessment, by the keys that NEXT names and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from journal.incident.fold import fold_journal
from journal.incident.records import StepState
from tests.e2e.responder import Responder
from tests.e2e.stand import CLEO
from tests.e2e.terminal import Terminal

pytestmark = pytest.mark.xdist_group("e2e-tabletop")

PLAYED = (
    "postgres-restore", "postgres-verify", "mongodb-restore", "mongodb-verify", "redis-restore", "smoke-tests",
)  # fmt: skip


def test_following_next_plays_a_tabletop_to_its_assessment(tmp_path: Path) -> None:
    """Its traps are met on the way: crash recovery that fails, a newest backup that does not verify."""
    command = [CLEO, "demo", "--scenario", "database-failure", "--speed", "1000"]
    with Terminal(command, 120, 40, {"CLEO_HOME": str(tmp_path / "home"), "CLEO_ACTOR": "player@table"}) as console:
        console.until("NEXT  look at everything: 1.1.1")
        responder = Responder(console)
        responder.follow_next_to_the_end()
        responder.close()
        console.keys("q")
        console.until("expectations met")
    (journal,) = (tmp_path / "home").rglob("journal.db")
    incident = fold_journal(journal)
    assert [incident.state(step) for step in PLAYED] == [StepState.DONE] * len(PLAYED)
    assert incident.state("verify-backups") is StepState.FOUND
    assert not [line for line in responder.next_lines if "mark done: 3" in line and "writers" not in line]

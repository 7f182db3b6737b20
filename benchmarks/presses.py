"""Keys that a recovery in the lab takes, from the declared incident to the closed one, pressing what NEXT names.

Every key counts, and each letter of what is typed: targets, reasons, how it ended.
"""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.table import Row
from tests.e2e.recoveries import SMALL, recover
from tests.labs import running_lab

FIRST = 15
"""Most keys until the first recovery action is asked for."""


def killed_postmaster() -> Row:
    """Count them for a killed postmaster."""
    return _row("kill-postmaster", "killed postmaster", 40)


def lost_data_directory() -> Row:
    """Count them for a lost data directory."""
    return _row("lose-data-directory", "lost data directory", 90)


def dropped_table() -> Row:
    """Count them for a dropped table, recovered to the moment before."""
    return _row("drop-table", "dropped table", 110, "data-corruption")


def _row(fault: str, named: str, limit: int, scenario: str = "database-failure") -> Row:
    with running_lab() as lab, TemporaryDirectory() as home:
        responder, _ = recover(lab, Path(home), fault, SMALL, scenario)
    first = responder.at_first_recovery
    return Row(
        f"keys from declared to closed: {named}",
        f"{responder.pressed}, the first recovery action after {first}",
        f"{responder.typed} of them letters typed",
        f"≤ {limit}, and ≤ {FIRST}",
        responder.pressed <= limit and first <= FIRST,
    )

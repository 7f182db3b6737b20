"""What failed is said with its reason where a service's log is, and nothing is waited for that may never come."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from actions.runner.inventory_watch import InventoryWatch
from cleo_console.monitoring.latest import Latest
from journal.errors import CleoError


def test_why_a_look_failed_is_said_once_until_it_is_another_reason(capfd: pytest.CaptureFixture[str]) -> None:
    latest = Latest()
    for why in ("it is gone", "it is gone", "it is\nempty"):
        latest.failed("inventory", "", why)
    latest.put("inventory", "", None, datetime.now(UTC))
    latest.failed("inventory", "", "it is empty")
    said = [f"cleo: not measured: inventory: it is {how}" for how in ("gone", "empty", "empty")]
    assert capfd.readouterr().err.splitlines() == said


def test_an_inventory_that_became_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "inventory.yaml")
    watch = InventoryWatch(tmp_path / "inventory.yaml", lambda: pytest.fail("it was read"))
    with pytest.raises(CleoError, match="is no file"):
        watch.first()

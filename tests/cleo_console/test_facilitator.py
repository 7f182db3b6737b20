"""The facilitator's console beside a table that is played."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path
from unittest.mock import Mock

import pytest

from actions.runner.lease import held
from cleo_console.cli.demo import declaration_of
from cleo_console.demo import DemoServices
from cleo_console.facilitate import FacilitatorApp
from journal.incident.fold import fold_journal
from screens.facilitator.following import Following
from tests.screens.driving import Console
from tests.waiting import until


async def test_an_exercise_is_led_by_keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLEO_HOME", str(tmp_path / "cleo"))
    with DemoServices("ana@table", 1000) as host:
        incident_id = host.declare(declaration_of(host, "database-failure"))
        journal = host.paths.incident(incident_id).journal
        app = FacilitatorApp(host, incident_id)
        async with app.run_test(size=(80, 24)) as pilot:
            console = Console(pilot, host)  # type: ignore[arg-type]
            await console.sees(
                "Leading", "○ waits", "expected   nothing: it only tells", "g give", "q quit", "NEXT  tickets comes in"
            )
            await console.press("down", "down")
            await console.sees("expected   No promise; what is known", "answer     a note was written")
            await console.press("g")
            await console.sees("! open", "eta")
            await console.press("p")
            await console.sees("STOPPED", "p run", "NEXT  the clock stands", "[p]")
            await console.press("tab", "n")
            await console.sees("A note on ana@table")
            await console.type("- no update yet")
            await console.press("enter")
            await console.sees("no update yet")
    incident = fold_journal(journal)
    assert "eta" in incident.review.unanswered
    assert incident.review.paused
    if incident.runner and incident.runner.stopped_at is None:
        os.kill(incident.runner.pid, signal.SIGTERM)
        until(lambda: not held(journal.parent))


async def test_a_fault_of_the_program_ends_it_and_leaves_no_console_that_stands_still(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLEO_HOME", str(tmp_path / "cleo"))
    monkeypatch.setattr(DemoServices, "ensure_runner", Mock())
    monkeypatch.setattr(Following, "look", Mock(side_effect=ZeroDivisionError))
    with DemoServices("ana@table", 1000) as host:
        app = FacilitatorApp(host, host.declare(declaration_of(host, "database-failure")))
        with pytest.raises(ZeroDivisionError):
            async with app.run_test(size=(80, 24)), asyncio.timeout(20):
                while app.is_running:
                    await asyncio.sleep(0.01)

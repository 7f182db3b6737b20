"""The handover summary: on one screen, and copied as text."""

from __future__ import annotations

from journal.events import types as e
from journal.store.journal import Journal
from tests.screens.app_services import RESTORE, FakeServices, PlayedRunner
from tests.screens.driving import console


async def test_whoever_takes_over_finds_it_on_one_screen(
    services: FakeServices, journal: Journal, runner: PlayedRunner, size: tuple[int, int]
) -> None:
    runner.take_lease()
    journal.append(e.DecisionMade(step="severity", name="severity", answer="critical", reason="all users"))
    run = journal.append(e.RunRequested(**RESTORE))[0].seq
    runner.start(run, **RESTORE)
    runner.finish(run, step="restore", status="failed", summary="no space left on /data")
    journal.append(e.ContactPaged(level="L1", how="phone"))
    async with console(services, size) as seen:
        await seen.press("H")
        await seen.sees("Handover", "conversations unreachable", "SEV1 Critical, because all users (ana,")
        await seen.sees("failed:", "no space left on /data", "RTO", "L1", "next", "ana@bastion")
        await seen.press("y")
        await seen.sees("copied")
        text = seen.app.clipboard
        assert text.startswith("INC-2026-11-22-01\nstands   conversations unreachable")
        assert "no space left on /data" in text
        await seen.press("escape", "n")
        await seen.sees("Note")

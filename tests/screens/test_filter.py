"""One key lists what is open, what failed or found something, and what this person did; the cursor stays."""

from __future__ import annotations

from journal.events import types as e
from journal.store.journal import Journal
from tests.screens.app_services import FakeServices, PlayedRunner
from tests.screens.driving import Console, console


def listed(seen: Console) -> str:
    """The lines of the checklist on the screen."""
    rows = seen.screen_text().splitlines()
    return "\n".join(row[:42] for row in rows if row.startswith("│"))


async def test_one_key_goes_through_what_is_listed(
    services: FakeServices, journal: Journal, runner: PlayedRunner
) -> None:
    run = journal.append(e.RunRequested(step="check", action="status.check"), actor="ben@bastion")[0].seq
    runner.start(run, step="check", action="status.check")
    runner.finish(run, step="check", status="failed", summary="no route to host")
    journal.append(e.DecisionMade(step="severity", name="severity", answer="critical"))
    async with console(services, (120, 40)) as seen:
        await seen.at("severity")
        await seen.press("f")
        await seen.sees("Checklist: open (", "Notify stakeholders", "Run smoke tests")
        assert "Check system status" in listed(seen) and "After the incident" in listed(seen)
        assert "Determine severity" in listed(seen), "the step at the cursor stays"
        await seen.press("f")
        await seen.sees("Checklist: failed or found (1)")
        assert "Check system status" in listed(seen) and "Notify" not in listed(seen)
        await seen.press("f")
        await seen.sees("Checklist: mine (1)")
        assert "SEV1" in listed(seen) and "Check system status" not in listed(seen)
        assert seen.incident_screen.cursor.step_id == "severity"
        journal.append(e.StepMarkedDone(step="post", note="told them"))
        await seen.sees("Checklist: mine (2)", "Update status page")
        await seen.press("j")
        await seen.sees("✗ Check system status", "no route to host", "Notify stakeholders")
        assert "Checklist:" not in seen.screen_text(), "going to a step that is not listed lists all"

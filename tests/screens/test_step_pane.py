"""The step pane: what became of a step is seen whole, on the smaller terminal too."""

from __future__ import annotations

import pytest

from journal.events import types as e
from journal.store.journal import Journal
from tests.screens.app_services import FakeServices, PlayedRunner
from tests.screens.driving import console

WHY = "backup 20261122-020003F is damaged: " + ", ".join(f"base/16384/{n} differs" for n in range(4))
CURE = "Restore the one before it, 20261121-020003F, which was read to the end without an error."


@pytest.mark.parametrize("lines", [0, 2, 40])
async def test_a_failure_is_seen_whole_with_what_helps_whatever_was_printed(
    services: FakeServices, journal: Journal, runner: PlayedRunner, size: tuple[int, int], lines: int
) -> None:
    runner.take_lease()
    run = journal.append(e.RunRequested(step="check", action="status.check"))[0].seq
    runner.start(run, step="check", action="status.check")
    runner.say(run, *(f"line {n}" for n in range(lines)))
    runner.finish(run, step="check", status="failed", summary=f"{WHY}\n  {CURE}")
    async with console(services, size) as seen:
        await seen.at("check")
        await seen.sees("✗ FAILED", *WHY.split(), *f"→ {CURE}".split())
        assert seen.screen_text().index("FAILED") < seen.screen_text().index("→")


async def test_a_decision_shows_its_answer_in_the_checklist(
    services: FakeServices, journal: Journal, size: tuple[int, int]
) -> None:
    answers = {"severity": "critical", "recovery_point": "time:2026-11-22T02:59:05+00:00", "strategy": "cold-recovery"}
    for name, answer in answers.items():
        journal.append(e.DecisionMade(step=name.replace("_", "-"), name=name, answer=answer))
    shown = {"severity": "SEV1 Critical", "recovery-point": "02:59:05 UTC", "strategy": "cold-recovery"}
    async with console(services, size) as seen:
        for step, words in shown.items():
            await seen.at(step)
            row = next(row for row in seen.screen_text().splitlines() if row.rstrip("▁█ ").endswith(words))
            assert "✓" in row


async def test_who_reads_has_most_of_the_screen_and_still_sees_where_they_are(
    services: FakeServices, journal: Journal, runner: PlayedRunner, size: tuple[int, int]
) -> None:
    run = journal.append(e.RunRequested(step="check", action="status.check"))[0].seq
    runner.start(run, step="check", action="status.check")
    runner.finish(run, step="check", status="failed", summary="\n".join(f"reason {n}." for n in range(30)))
    async with console(services, size) as seen:
        await seen.at("check")
        await seen.sees("reason 6.")
        assert "reason 11." not in seen.screen_text()
        await seen.press("tab")
        await seen.sees("✗ Check system status", "reason 11.")
        await seen.press("end")
        await seen.sees("reason 29.", "Asks every system")
        await seen.press("shift+tab")
        await seen.sees("Notify stakeholders", "Determine severity level")

"""A step that fails again and again, as the console shows it."""

from __future__ import annotations

from journal.events import types as e
from journal.store.journal import Journal
from tests.screens.app_services import FakeServices, PlayedRunner
from tests.screens.driving import console


async def test_who_ran_a_step_again_in_vain_is_told_the_ways_on(
    services: FakeServices, journal: Journal, runner: PlayedRunner, size: tuple[int, int]
) -> None:
    def fails() -> None:
        run = journal.append(e.RunRequested(step="check", action="status.check"))[0].seq
        runner.start(run, step="check", action="status.check")
        runner.finish(run, step="check", status="failed", summary="the newest backup is damaged")

    async with console(services, size) as seen:
        await seen.at("check")
        fails()
        await seen.sees("Read why below", "NEXT  run again: 1.1.1")
        fails()
        await seen.sees("NEXT  by hand, run again or skip: 1.1.1 Check system status  [s, m, enter]", "1 FAILED")
        await seen.press("s")
        await seen.type("the damaged backup is known")
        await seen.press("enter")
        await seen.sees("NEXT  decide: 1.1.2")

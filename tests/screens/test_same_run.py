"""Two people ask for the same at once: the second is told that it runs, and no dialog stands in the way."""

from __future__ import annotations

from journal.events import types as e
from journal.incident.fold import fold_journal
from journal.store.journal import Journal
from screens.dialogs.dialog import Dialog
from screens.guidance.joined import joined_lines
from tests.screens.app_services import FakeServices, PlayedRunner
from tests.screens.driving import Console, console, requested, written

OTHER = "bo@bastion"


def asked_by_other(journal: Journal, **fields: object) -> int:
    body = e.RunRequested(**{"step": "check", "action": "status.check", **fields})  # type: ignore[arg-type]
    return journal.append(body, actor=OTHER)[0].seq


def dialogs(seen: Console) -> list[object]:
    return [screen for screen in seen.app.screen_stack if isinstance(screen, Dialog)]


async def test_what_somebody_else_asked_for_is_not_asked_for_again(
    services: FakeServices, journal: Journal, runner: PlayedRunner, size: tuple[int, int]
) -> None:
    runner.take_lease()
    async with console(services, size) as seen:
        await seen.at("check")
        run = asked_by_other(journal)
        seen.incident_screen.action_act()  # before the screen knows of it
        await seen.sees("1.1.1 Check system status runs already, started by bo at 03:11 UTC; its result")
        assert len(written(journal, e.RunRequested)) == 1
        assert not dialogs(seen)
        runner.start(run, step="check", action="status.check")
        runner.finish(run, step="check", summary="all systems answer")
        await seen.no_longer_sees("runs already")
        await seen.sees("✓ Check system status", "─1.1.2 Determine severity level")  # the cursor goes on by itself


async def test_what_the_runner_refused_because_the_same_is_at_work_is_told_as_calmly(
    services: FakeServices, journal: Journal, runner: PlayedRunner, size: tuple[int, int]
) -> None:
    runner.take_lease()
    async with console(services, size) as seen:
        await seen.at("check")
        await seen.press("enter")
        own = await requested(seen, journal)
        run = asked_by_other(journal)
        runner.start(run, step="check", action="status.check")
        runner.refuse(own, step="check", gate="busy", message="The step is running already.")
        await seen.sees("runs already, started by bo at")
        assert not dialogs(seen)
        await seen.no_longer_sees("REFUSED")


async def test_what_differs_in_its_parameters_is_refused_as_before(
    services: FakeServices, journal: Journal, runner: PlayedRunner, size: tuple[int, int]
) -> None:
    runner.take_lease()
    async with console(services, size) as seen:
        await seen.at("check")
        run = asked_by_other(journal, params={"deep": True})
        seen.incident_screen.action_act()
        await seen.sees("Not done: run Check system status", "Wait for it, or cancel it.")
        await seen.press("enter")
        runner.start(run, step="check", action="status.check")
        runner.finish(run, step="check", status="failed", summary="it broke")
        await seen.sees("it broke")
        await seen.press("enter")
        own = await requested(seen, journal, 2)
        run = asked_by_other(journal, params={"deep": True})
        runner.start(run, step="check", action="status.check")
        runner.refuse(own, step="check", gate="busy", message="The step is running already.")
        await seen.sees("REFUSED  1.1.1 Check system status", "The step is running already.")


def test_of_several_the_first_is_named_and_what_is_over_no_more(journal: Journal, runner: PlayedRunner) -> None:
    first, second = asked_by_other(journal), asked_by_other(journal, step="verify", action="postgres.verify")

    def said() -> list[str]:
        return [line.plain for line in joined_lines(fold_journal(journal.path), [first, second])]

    (line,) = said()
    assert line.startswith("1.1.1 Check system status and 1 more run already, started by bo at ")
    assert line.endswith(" UTC; their results appear here.")
    runner.start(first, step="check", action="status.check")
    runner.finish(first, step="check")
    (line,) = said()
    assert "Verify" in line and line.endswith(" UTC; its result appears here.")
    runner.start(second, step="verify", action="postgres.verify")
    runner.finish(second, step="verify")
    assert said() == []

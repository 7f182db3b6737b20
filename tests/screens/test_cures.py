"""What helps after a failure, as the console shows it, and what its step is then asked for with."""

from __future__ import annotations

from textual.widgets import Input

from journal.events import types as e
from journal.store.journal import Journal
from tests.screens.app_services import RESTORE, FakeServices, PlayedRunner
from tests.screens.driving import console, requested, written

OLDER = "20261121-020003F"
CURE = e.Cure(
    words="Restore again, from the backup before",
    action="postgres.restore",
    params={"backup": OLDER},
    cost="20 minutes; no data",
)


async def test_a_step_is_run_again_as_what_helps_says_and_shows_so_before_anything_is_typed(
    services: FakeServices, at_restore: Journal, runner: PlayedRunner, size: tuple[int, int]
) -> None:
    failed = at_restore.append(e.RunRequested(**RESTORE))[0].seq
    runner.start(failed, **RESTORE, destructive=True)
    runner.finish(failed, step="restore", status="failed", summary=f"set A is torn\n  {CURE.words}", cures=[CURE])
    async with console(services, size) as seen:
        await seen.at("restore")
        await seen.sees("✗ FAILED", f"→ {CURE.words}", f"postgres.restore --backup {OLDER}", "costs: 20 minutes")
        assert seen.screen_text().count(f"→ {CURE.words}") == 1
        await seen.sees(f"enter: run again with --backup {OLDER}", f"NEXT  run again with --backup {OLDER}: 2.2.2")
        await seen.press("enter")
        await seen.sees("DESTRUCTIVE", f"postgres.restore --backup {OLDER}")
        run = await requested(seen, at_restore, 2)
        runner.start(run, **RESTORE, dry_run=True, destructive=True)
        runner.finish(run, step="restore", summary=f"would restore {OLDER}")
        await seen.sees("type  cleoai-lab")
        seen.app.screen.query_one("#typed", Input).focus()
        await seen.type("cleoai-lab")
        await seen.press("enter")
        await requested(seen, at_restore, 3)
        asked = written(at_restore, e.RunRequested)[1:]
        assert [(one.dry_run, one.params) for one in asked] == [(True, {"backup": OLDER}), (False, {"backup": OLDER})]


async def test_the_gate_that_helps_is_asked_for_and_what_the_run_was_given_stays(
    services: FakeServices, at_restore: Journal, runner: PlayedRunner, size: tuple[int, int]
) -> None:
    given = {"backup": OLDER}
    failed = at_restore.append(e.RunRequested(**RESTORE, params=given))[0].seq
    runner.start(failed, **RESTORE, params=given, destructive=True)
    facts = {"gate": "wal-gap", "yields": "reason"}
    cure = e.Cure(words="Stop before it", override="wal-gap", cost="12 s of data")
    runner.finish(failed, step="restore", status="failed", summary="a segment is gone", facts=facts, cures=[cure])
    async with console(services, size) as seen:
        await seen.at("restore")
        await seen.sees("NEXT  decide whether to go on anyway", "→ Stop before it", "costs: 12 s of data")
        await seen.press("enter")
        await seen.sees("Go on anyway")
        await seen.type("nobody has it")
        await seen.press("enter", "enter")
        await requested(seen, at_restore, 2)
        asked = written(at_restore, e.RunRequested)[1]
        assert (asked.params, [one.gate for one in asked.overrides]) == (given, ["wal-gap"])


async def test_what_would_do_harm_is_proposed_to_be_left_out_for_that_reason_and_can_still_be_run(
    services: FakeServices, at_restore: Journal, runner: PlayedRunner, size: tuple[int, int]
) -> None:
    at_restore.append(e.StepReopened(step="check", reason="look again"))
    look = at_restore.append(e.RunRequested(step="check", action="status.check"))[0].seq
    runner.start(look, step="check", action="status.check")
    why = "Its log is torn in the middle"
    runner.finish(look, step="check", cures=[e.Cure(words=why, leave_out="postgres.restore")])
    async with console(services, size) as seen:
        await seen.at("restore")
        await seen.sees("NEXT  leave out: 2.2.2", "[s, enter]", "see what it would do")
        await seen.press("s")
        await seen.sees(f"Skip: 2.2.2 {'Restore'}", why)
        await seen.press("enter")
        await seen.until(lambda: written(at_restore, e.StepSkipped), "what was left out")
        assert written(at_restore, e.StepSkipped) == [e.StepSkipped(step="restore", reason=why)]


async def test_a_step_that_found_nothing_to_do_is_left_out_for_that_reason(
    services: FakeServices, at_restore: Journal, runner: PlayedRunner, size: tuple[int, int]
) -> None:
    failed = at_restore.append(e.RunRequested(**RESTORE))[0].seq
    runner.start(failed, **RESTORE, destructive=True)
    why = "There is no log to apply"
    cure = e.Cure(words=why, leave_out="postgres.restore")
    runner.finish(failed, step="restore", status="failed", summary="nothing was restored", cures=[cure])
    async with console(services, size) as seen:
        await seen.at("restore")
        await seen.sees("NEXT  leave out: 2.2.2", "[s, enter]", f"→ {why}")
        await seen.press("s")
        await seen.sees(f"Skip: 2.2.2 {'Restore'}", why)
        await seen.press("enter")
        await seen.until(lambda: written(at_restore, e.StepSkipped), "what was left out")
        assert written(at_restore, e.StepSkipped) == [e.StepSkipped(step="restore", reason=why)]

"""Decisions, the interlock, refusals, doubt: what is asked, and what is written only after it was answered."""

from __future__ import annotations

import asyncio

import pytest
from textual.events import Key, Paste
from textual.widgets import Button, Input

from journal.events import types as e
from journal.store.journal import Journal
from screens.dialogs.dialog import UNREAD, Dialog
from screens.dialogs.interlock import Interlock
from screens.dialogs.override import OverrideDialog
from tests.screens.app_services import RESTORE, FakeServices, PlayedRunner, SetClock, declaration
from tests.screens.driving import Console, console, requested, written


async def test_a_decision_is_written_with_its_reason(
    services: FakeServices, journal: Journal, size: tuple[int, int]
) -> None:
    async with console(services, size) as seen:
        await seen.at("severity")
        await seen.press("enter")
        await seen.sees("How bad is it?", "SEV1 Critical", "Data lost")
        await seen.press("up", "enter")
        await seen.type("all users")
        await seen.press("enter")
        await seen.until(lambda: written(journal, e.DecisionMade), "the decision")
        made = written(journal, e.DecisionMade)[0]
        assert (made.name, made.answer, made.reason) == ("severity", "critical", "all users")
        await seen.sees("SEV1 Critical")


async def test_what_the_scenario_refuses_cannot_be_chosen(
    services: FakeServices, clock: SetClock, size: tuple[int, int]
) -> None:
    with services.begin("INC-2026-11-22-01", declaration(scenario="data-corruption")) as journal:
        async with console(services, size) as seen:
            await seen.at("recovery-point")
            await seen.press("enter")
            await seen.sees("REFUSED", "Replicas and the")
            await seen.press("shift+tab", "home", "enter")
            assert seen.app.focused is not None and seen.app.focused.id == "value"
            await seen.press("escape")
            assert not written(journal, e.DecisionMade)


async def test_a_recovery_point_in_time_counts_as_the_utc_instant_that_was_shown(
    services: FakeServices, journal: Journal, size: tuple[int, int]
) -> None:
    async with console(services, size) as seen:
        await seen.at("recovery-point")
        await seen.press("enter", "down", "enter")
        await seen.type("12 min ago")
        await seen.sees("= 2026-11-22 02:59:05 UTC, 12 min ago")
        await seen.press("enter")
        await seen.type("before the deploy")
        await seen.press("enter")
        await seen.until(lambda: written(journal, e.DecisionMade), "the decision")
        assert written(journal, e.DecisionMade)[0].answer == "time:2026-11-22T02:59:05+00:00"


async def test_a_recovery_point_is_chosen_with_the_damage_report_in_sight(
    services: FakeServices, journal: Journal, runner: PlayedRunner, size: tuple[int, int]
) -> None:
    for summary in ("Nothing is known yet.", "Damage since 2026-11-22T02:49:15Z; newest backup before it: 20261121-F."):
        run = journal.append(e.RunRequested(action="damage.report"))[0].seq
        runner.start(run, step="", action="damage.report")
        runner.finish(run, step="", summary=summary)
    async with console(services, size) as seen:
        await seen.at("recovery-point")
        await seen.press("enter")
        await seen.sees("Before a time", "damage report  Damage since 2026-11-22T02:49:15Z")
        await seen.press("down", "enter")
        await seen.sees("damage report  Damage since 2026-11-22T02:49:15Z", "value")
        assert "Nothing is known" not in seen.screen_text()


async def test_a_relative_recovery_point_is_shown_as_it_counts_while_time_passes(
    services: FakeServices, journal: Journal, clock: SetClock
) -> None:
    async with console(services) as seen:
        await seen.at("recovery-point")
        await seen.press("enter", "down", "enter")
        await seen.type("12 min ago")
        await seen.press("enter")
        await seen.type("before the deploy")
        clock.forward(minutes=4)
        await seen.sees("= 2026-11-22 03:03:05 UTC, 12 min ago")
        await seen.press("enter")
        await seen.until(lambda: written(journal, e.DecisionMade), "the decision")
        assert written(journal, e.DecisionMade)[0].answer == "time:2026-11-22T03:03:05+00:00"


async def test_systems_are_ticked(services: FakeServices, journal: Journal, size: tuple[int, int]) -> None:
    async with console(services, size) as seen:
        await seen.at("affected")
        await seen.press("enter")
        await seen.sees("Which systems must be recovered?", "[x] PostgreSQL", "[x] MongoDB", "[ ] DNS")
        await seen.press("down", "space")
        await seen.sees("[ ] MongoDB")
        await seen.press("enter", "enter")
        await seen.until(lambda: written(journal, e.DecisionMade), "the decision")
        assert written(journal, e.DecisionMade)[0].answer == "postgres"


async def interlock(seen: Console, journal: Journal, runner: PlayedRunner) -> int:
    """Open the interlock and play its dry run; return that run's id."""
    await seen.press("enter")
    await seen.sees("DESTRUCTIVE", "2.2.2 Restore from latest backup", "postgres.restore --backup latest")
    run = await requested(seen, journal)
    runner.start(run, **RESTORE, dry_run=True, destructive=True)
    runner.say(run, "would move /var/lib/postgresql/15/main aside")
    runner.finish(run, step="restore", summary="would restore 20261122-020003F")
    await seen.sees("would move /var/lib/postgresql/15/main aside", "db1  reported", "last known", "type  cleoai-lab")
    return run


async def test_nothing_destructive_runs_before_dry_run_and_typed_target(
    services: FakeServices, at_restore: Journal, runner: PlayedRunner, size: tuple[int, int]
) -> None:
    async with console(services, size) as seen:
        await interlock(seen, at_restore, runner)
        assert seen.app.screen.query_one("#confirm", Button).disabled
        await seen.type("cleoai-prod")
        await seen.press("enter")
        await seen.sees("That is not the target")
        assert [request.dry_run for request in written(at_restore, e.RunRequested)] == [True]
        await seen.press(*["backspace"] * 4)
        await seen.type("lab")
        await seen.press("enter")
        run = await requested(seen, at_restore, 2)
        asked = written(at_restore, e.RunRequested)[1]
        assert (asked.dry_run, asked.confirmed, asked.step) == (False, "cleoai-lab", "restore")
        runner.start(run, **RESTORE, destructive=True)
        await seen.sees("1 running")


async def test_typing_finds_the_field_by_itself(
    services: FakeServices, at_restore: Journal, runner: PlayedRunner
) -> None:
    async with console(services) as seen:
        await interlock(seen, at_restore, runner)
        field = seen.app.screen.query_one("#typed", Input)
        seen.app.screen.query_one("#cancel").focus()
        await seen.until(lambda: not field.has_focus, "the focus elsewhere")
        await seen.press("d", "b")
        assert field.has_focus
        assert field.value == "db"


@pytest.mark.parametrize("turns", [0, 1, 2, 3, 5])
async def test_nothing_typed_quickly_is_lost(
    services: FakeServices, at_restore: Journal, runner: PlayedRunner, turns: int
) -> None:
    """Keys come while the one before is still on its way from widget to widget, ``turns`` of the loop behind it."""
    async with console(services) as seen:
        await interlock(seen, at_restore, runner)
        for char in "cleoai-lab":
            seen.app.post_message(Key(char, char))
            for _ in range(turns):
                await asyncio.sleep(0)
        seen.app.post_message(Key("full_stop", "."))
        field = seen.app.screen.query_one("#typed", Input)
        await seen.until(lambda: field.value.endswith("."), "the last key")
        assert field.value == "cleoai-lab."


async def test_what_is_typed_while_the_dry_run_goes_on_is_kept_and_confirms_nothing(
    services: FakeServices,
    at_restore: Journal,
    runner: PlayedRunner,
    size: tuple[int, int],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Dialog, "UNREAD_S", 3_600.0)
    async with console(services, size) as seen:
        await seen.press("enter")
        run = await requested(seen, at_restore)
        await seen.type("cleoai-lab")
        await seen.press("enter", "enter")
        await seen.sees("The dry run is not over yet", "cleoai-lab")
        assert seen.app.screen.query_one("#confirm", Button).disabled
        runner.start(run, **RESTORE, dry_run=True, destructive=True)
        runner.finish(run, step="restore", summary="would restore 20261122-020003F")
        await seen.until(lambda: not seen.app.screen.query_one("#confirm", Button).disabled, "the button opened")
        for _ in range(9):  # nobody has read what the dry run said
            seen.key("enter")
        await seen.sees(UNREAD)
        assert len(written(at_restore, e.RunRequested)) == 1
        dialog = seen.app.screen
        assert isinstance(dialog, Interlock)
        dialog.result_can_be_read()
        await seen.press("enter")
        await requested(seen, at_restore, 2)
        assert written(at_restore, e.RunRequested)[1].confirmed == "cleoai-lab"


NOT_DECIDED = e.ClosedGate("recovery-point", "No recovery point is chosen yet.", opens="recovery_point")
NOT_HELD = e.ClosedGate("hold", "Backups are not held.", "reason")


async def test_what_would_be_refused_is_said_with_the_step_that_opens_it_and_is_not_typed_for(
    services: FakeServices, at_restore: Journal, runner: PlayedRunner, size: tuple[int, int]
) -> None:
    async with console(services, size) as seen:
        await seen.press("enter")
        run = await requested(seen, at_restore)
        runner.start(run, **RESTORE, dry_run=True, destructive=True, closed=[NOT_HELD, NOT_DECIDED])
        await seen.sees("CLOSED recovery-point", "opened by", "never yields", "CLOSED hold", "yields to a reason")
        runner.finish(run, step="restore", summary="would restore")
        await seen.sees("It would be refused")
        assert seen.app.screen.query_one("#typed", Input).disabled
        seen.app.post_message(Paste("cleoai-lab"))
        await seen.press("enter")
        assert len(written(at_restore, e.RunRequested)) == 1


async def test_what_the_dry_run_said_is_shown_whole(
    services: FakeServices, at_restore: Journal, runner: PlayedRunner, size: tuple[int, int]
) -> None:
    """Where the old data is kept must not be cut off at the end of a line."""
    async with console(services, size) as seen:
        await seen.press("enter")
        run = await requested(seen, at_restore)
        runner.start(run, **RESTORE, dry_run=True, destructive=True)
        folder = "the old data would be kept in " + "/a-folder-with-a-long-name" * 4 + "/in-the-end"
        runner.say(run, folder, "nothing is changed")
        await seen.sees("nothing is changed")
        runner.finish(run, step="restore", summary="would restore")
        await seen.sees("type  cleoai-lab", "/in-the-end", "nothing is changed")


async def test_a_gate_that_yields_does_not_keep_from_typing(
    services: FakeServices, at_restore: Journal, runner: PlayedRunner
) -> None:
    async with console(services) as seen:
        await seen.press("enter")
        run = await requested(seen, at_restore)
        runner.start(run, **RESTORE, dry_run=True, destructive=True, closed=[NOT_HELD])
        runner.finish(run, step="restore", summary="would restore")
        await seen.sees("CLOSED hold", "type  cleoai-lab")


async def test_a_decision_that_was_skipped_can_still_be_made(services: FakeServices, journal: Journal) -> None:
    journal.append(e.StepSkipped(step="recovery-point", reason="nobody knows yet"))
    async with console(services) as seen:
        await seen.at("recovery-point")
        await seen.press("enter")
        await seen.sees("Before a time")


async def test_what_is_pasted_finds_the_field(
    services: FakeServices, at_restore: Journal, runner: PlayedRunner
) -> None:
    async with console(services) as seen:
        await interlock(seen, at_restore, runner)
        seen.app.post_message(Paste("cleoai-lab"))
        await seen.until(lambda: not seen.app.screen.query_one("#confirm", Button).disabled, "the button opened")


async def test_an_enter_too_many_neither_cancels_the_dry_run_nor_begins_a_second_one(
    services: FakeServices, at_restore: Journal, runner: PlayedRunner
) -> None:
    async with console(services) as seen:
        await seen.press("enter", "enter", "enter")
        await seen.sees("The dry run is not over yet")
        run = await requested(seen, at_restore)
        runner.start(run, **RESTORE, dry_run=True, destructive=True)
        runner.finish(run, step="restore", summary="would restore 20261122-020003F")
        await seen.sees("type  cleoai-lab")
        await seen.press("enter")
        await seen.sees("Type the target to go on; esc cancels.")
        assert [request.dry_run for request in written(at_restore, e.RunRequested)] == [True]
        await seen.press("escape")
        await seen.until(lambda: not isinstance(seen.app.screen, Interlock), "the interlock gone")


async def test_enter_leaves_an_interlock_that_confirms_nothing(
    services: FakeServices, at_restore: Journal, runner: PlayedRunner
) -> None:
    async with console(services) as seen:
        await seen.press("enter")
        run = await requested(seen, at_restore)
        runner.refuse(run, step="restore", gate="kind", message="The inventory lab allows LAB only.")
        await seen.sees("nothing can be confirmed")
        await seen.press("enter")
        await seen.until(lambda: not isinstance(seen.app.screen, Interlock), "the interlock gone")


async def test_an_unknown_target_cannot_be_confirmed(
    services: FakeServices, at_restore: Journal, runner: PlayedRunner
) -> None:
    async with console(services) as seen:
        await seen.press("enter")
        run = await requested(seen, at_restore)
        runner.refuse(run, step="restore", gate="kind", message="The inventory lab allows LAB only.")
        await seen.sees("REFUSED", "The inventory lab allows LAB only.", "nothing can be confirmed")
        assert seen.app.screen.query_one("#typed", Input).disabled


async def test_an_interlock_that_somebody_else_overtook_confirms_nothing(
    services: FakeServices, at_restore: Journal, runner: PlayedRunner
) -> None:
    async with console(services) as seen:
        await interlock(seen, at_restore, runner)
        await seen.type("cleoai-lab")
        (asked,) = at_restore.append(e.RunRequested(step="restore", action="postgres.restore"), actor="bob@there")
        runner.start(asked.seq, **RESTORE, destructive=True)
        await seen.sees("bob@there began postgres.restore here since this dry run", "Leave, and look again.")
        assert seen.app.screen.query_one("#confirm", Button).disabled
        await seen.press("enter")
        await seen.until(lambda: not isinstance(seen.app.screen, Interlock), "the interlock gone")
        assert len(written(at_restore, e.RunRequested)) == 2, "the dry run, and the other person's"


async def test_what_never_yields_can_be_asked_again_with_the_reasons_given(
    services: FakeServices, journal: Journal, runner: PlayedRunner
) -> None:
    """The step still waits for others; what the refusal asked for may be settled by now."""
    order = e.Override(gate="order", reason="nobody to ask")
    (asked,) = journal.append(e.RunRequested(step="verify", action="postgres.verify", overrides=[order]))
    runner.refuse(asked.seq, step="verify", gate="busy", message="Something else is running.")
    async with console(services) as seen:
        await seen.at("verify")
        await seen.sees("by gate busy", "then run the", "v override")
        await seen.press("v")
        await requested(seen, journal, 2)
        assert list(written(journal, e.RunRequested)[1].overrides) == [order]


async def refused(seen: Console, journal: Journal, runner: PlayedRunner, yields: str) -> None:
    await seen.press("enter")
    run = await requested(seen, journal)
    runner.refuse(run, step="check", gate="hold", message="Backups are not held.", yields=yields)
    await seen.until(lambda: isinstance(seen.app.screen, OverrideDialog), "the refusal")
    await seen.sees("REFUSED", "hold", "Backups are not held.")


async def test_a_refusal_that_yields_takes_a_reason(
    services: FakeServices, journal: Journal, runner: PlayedRunner, size: tuple[int, int]
) -> None:
    async with console(services, size) as seen:
        await refused(seen, journal, runner, "reason")
        await seen.press("tab", "enter")
        await seen.sees("Say why")
        assert len(written(journal, e.RunRequested)) == 1
        await seen.type("held by hand")
        await seen.press("enter", "enter")
        await requested(seen, journal, 2)
        assert written(journal, e.RunRequested)[1].overrides == [e.Override(gate="hold", reason="held by hand")]


async def test_a_refusal_that_never_yields_offers_nothing(
    services: FakeServices, journal: Journal, runner: PlayedRunner, size: tuple[int, int]
) -> None:
    async with console(services, size) as seen:
        await refused(seen, journal, runner, "never")
        await seen.sees("never yields")
        assert not seen.app.screen.query("#confirm") and not seen.app.screen.query(Input)
        await seen.press("escape")
        await seen.sees("REFUSED at", "by gate hold", "never yields")


async def test_both_looks_run_and_what_each_saw_is_said(
    services: FakeServices, at_restore: Journal, runner: PlayedRunner, size: tuple[int, int]
) -> None:
    run = runner.lost_restore("pgbackrest")
    async with console(services, size) as seen:
        await seen.sees("resolve doubt")
        await seen.press("enter")
        await seen.sees("look at what became of its programs")
        await seen.press("p")
        first = await requested(seen, at_restore, 2)
        runner.start(first, step="restore", action="reattach", probe_of=run)
        runner.finish(first, step="restore", summary="no such process")
        second = await requested(seen, at_restore, 3)
        assert written(at_restore, e.RunRequested)[2].action == "postgres.is_restored"
        runner.start(second, step="restore", action="postgres.is_restored", probe_of=run)
        runner.finish(second, step="restore", summary="it is half there", status="failed")
        await seen.sees("no such process", "it is half there", "asked by")
        seen.app.screen.query_one("#verdicts").focus()
        await seen.press("home", "enter")
        await seen.type("looks fine")
        await seen.press("enter")
        await seen.sees("it is half there", "Say that it failed")
        assert seen.app.screen.query_one("#reason", Input).value == "looks fine"
        assert not written(at_restore, e.DoubtResolved)


async def test_a_doubt_that_another_console_settled_says_so_and_keeps_what_was_typed(
    services: FakeServices, at_restore: Journal, runner: PlayedRunner, size: tuple[int, int]
) -> None:
    run = runner.lost_restore()
    async with console(services, size) as seen:
        await seen.sees("resolve doubt")
        await seen.press("enter")
        seen.app.screen.query_one("#verdicts").focus()
        await seen.press("down", "enter")
        await seen.type("I looked at it")
        at_restore.append(e.DoubtResolved(step="restore", run=run, verdict="run_again", reason="half of it is there"))
        await seen.sees("settled by", "as run again", "half of it is there")
        await seen.press("enter")
        assert seen.app.screen.query_one("#reason", Input).value == "I looked at it"
        assert len(written(at_restore, e.DoubtResolved)) == 1


async def test_a_doubt_is_left_by_its_button_and_the_incident_stays(
    services: FakeServices, at_restore: Journal, runner: PlayedRunner, size: tuple[int, int]
) -> None:
    """It closed twice: the incident's own screen went with it, and a blank one was left."""
    runner.lost_restore()
    async with console(services, size) as seen:
        await seen.sees("resolve doubt")
        await seen.press("enter")
        seen.app.screen.query_one("#cancel").focus()
        await seen.press("enter")
        await seen.no_longer_sees("what was it?")
        await seen.sees("resolve doubt")
        await seen.press("enter")
        await seen.sees("what was it?")


async def test_doubt_is_looked_into_and_settled_by_a_person(
    services: FakeServices, at_restore: Journal, runner: PlayedRunner, size: tuple[int, int]
) -> None:
    run = runner.lost_restore()
    async with console(services, size) as seen:
        await seen.sees("1 IN DOUBT", "resolve doubt: 2.2.2")
        await seen.press("enter")
        await seen.sees("its runner was gone", "pgbackrest: no exit status", "Probe (p)")
        await seen.press("p")
        probe = await requested(seen, at_restore, 2)
        asked = written(at_restore, e.RunRequested)[1]
        assert (asked.action, asked.probe_of) == ("postgres.is_restored", run)
        runner.start(probe, step="restore", action="postgres.is_restored", probe_of=run)
        runner.say(probe, "the data directory is whole")
        runner.finish(probe, step="restore", summary="restored")
        await seen.sees("the data directory is whole", "restored")
        assert "IN DOUBT" in seen.screen_text()
        seen.app.screen.query_one("#confirm").focus()
        await seen.press("enter")
        await seen.sees("Nothing is chosen yet")
        seen.app.screen.query_one("#verdicts").focus()
        await seen.press("home", "enter", "enter")
        await seen.sees("Say what you saw")
        assert not written(at_restore, e.DoubtResolved)
        await seen.type("probe says whole")
        await seen.press("enter")
        await seen.until(lambda: written(at_restore, e.DoubtResolved), "the verdict")
        said = written(at_restore, e.DoubtResolved)[0]
        assert (said.run, said.verdict, said.reason) == (run, "done", "probe says whole")
        await seen.sees("0 in doubt", "by hand")

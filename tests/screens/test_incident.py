"""The incident console: what it shows, and what its keys write."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from textual.actions import parse
from textual.widgets import Input

from journal.events import types as e
from journal.incident.closing import phrase, remaining
from journal.incident.ending import ending
from journal.incident.fold import fold_events, fold_journal
from journal.store.journal import Journal, Reader
from screens.dialogs.dialog import Dialog
from screens.incident.bindings import INCIDENT_BINDINGS
from tests.screens.app_services import INCIDENT, START, FakeServices, PlayedRunner, SetClock
from tests.screens.driving import DEADLINE, console, requested, written


async def test_first_sight_says_what_it_is_and_what_is_next(
    services: FakeServices, journal: Journal, size: tuple[int, int]
) -> None:
    async with console(services, size) as seen:
        await seen.sees("LAB", INCIDENT, "SEV2 High", "RTO", "53 min left", "not measured", "phase 1 of 2", "00:07:00")
        await seen.sees("NEXT  run: 1.1.1 Check system status  [enter]", "0 running · 0 in doubt · 0 failed")
        await seen.until(lambda: services.runner_starts, "the runner started")
    assert services.runner_starts == 1


async def test_each_key_has_something_to_do(services: FakeServices, journal: Journal) -> None:
    async with console(services) as seen:
        for binding in INCIDENT_BINDINGS:
            namespace, name, _ = parse(binding.action)
            assert namespace or callable(getattr(seen.incident_screen, f"action_{name}")), binding


async def test_a_step_is_run_watched_and_gone_on_from(
    services: FakeServices, journal: Journal, runner: PlayedRunner, size: tuple[int, int]
) -> None:
    async with console(services, size) as seen:
        await seen.press("enter")
        run = await requested(seen, journal)
        assert written(journal, e.RunRequested)[0].action == "status.check"
        runner.start(run, step="check", action="status.check")
        runner.say(run, "postgres: connection refused")
        await seen.sees("1 running", "postgres: connection refused", "Under way")
        runner.finish(run, step="check", summary="1 of 3 systems is down")
        await seen.sees("0 running", "1.1.2 Determine severity level", "[enter]")  # the cursor goes on by itself


async def test_enter_pressed_again_and_again_asks_once(services: FakeServices, journal: Journal) -> None:
    async with console(services) as seen:
        await seen.press("enter", "enter", "enter", "enter")
        await requested(seen, journal)
        await seen.press("enter")
        await seen.sees("asked for")
        assert "cancel" not in seen.screen_text()  # what has not begun cannot be cancelled
        assert len(written(journal, e.RunRequested)) == 1
        assert not isinstance(seen.app.screen, Dialog)


async def test_progress_shows_bar_rate_time_to_go_and_the_rto(
    services: FakeServices, journal: Journal, runner: PlayedRunner, size: tuple[int, int]
) -> None:
    run = journal.append(e.RunRequested(step="restore", action="postgres.restore"))[0].seq
    runner.start(run, step="restore", action="postgres.restore", destructive=True)
    runner.progress(run, fraction=0.71, rate=312e6, text="", eta_s=100)
    async with console(services, size) as seen:
        await seen.press("j")
        await seen.sees("71%", "312 MB/s", "1 min to go", "inside the RTO")
        runner.progress(run, fraction=0.71, rate=1e6, text="", eta_s=7200)
        await seen.sees("2 h 00 min to go", "1 h 07 min OVER", "RTO")


async def test_silence_is_told_in_seconds_and_no_line_ends_it(
    services: FakeServices, journal: Journal, runner: PlayedRunner, clock: SetClock, size: tuple[int, int]
) -> None:
    run = journal.append(e.RunRequested(step="restore", action="postgres.restore"))[0].seq
    runner.start(run, step="restore", action="postgres.restore", destructive=True)
    runner.say(run, "restoring")
    clock.now = START + timedelta(seconds=39)
    async with console(services, size) as seen:
        await seen.press("j")
        await seen.sees("restoring")
        assert "no output for" not in seen.screen_text()
        clock.forward(seconds=4)
        await seen.sees("no output for 43 s")


async def test_skipping_wants_a_reason(services: FakeServices, journal: Journal, size: tuple[int, int]) -> None:
    async with console(services, size) as seen:
        await seen.press("s")
        await seen.sees("Skip: 1.1.1")
        await seen.press("enter")
        await seen.sees("A skipped step wants a reason.")
        assert not written(journal, e.StepSkipped)
        await seen.type("no network")
        await seen.press("enter")
        await seen.until(lambda: written(journal, e.StepSkipped), "the skip")
        assert written(journal, e.StepSkipped)[0].reason == "no network"
        await seen.sees("1.1.2 Determine severity level", "[enter]")


async def test_marking_a_runnable_step_done_wants_a_note(services: FakeServices, journal: Journal) -> None:
    async with console(services) as seen:
        await seen.press("m", "enter")
        await seen.sees("Note what you did")
        await seen.type("looked myself")
        await seen.press("enter")
        await seen.until(lambda: written(journal, e.StepMarkedDone), "the note")
        assert written(journal, e.StepMarkedDone)[0].note == "looked myself"


async def test_reopening_takes_back(services: FakeServices, journal: Journal) -> None:
    journal.append(e.StepMarkedDone(step="check", note="looked"))
    async with console(services) as seen:
        await seen.at("check")
        await seen.press("u")
        await seen.sees("Reopen: 1.1.1")
        await seen.type("wrong host")
        await seen.press("enter")
        await seen.until(lambda: written(journal, e.StepReopened), "the reopening")
        await seen.sees("○ ready")


async def test_a_late_note_keeps_both_times(
    services: FakeServices, journal: Journal, clock: SetClock, size: tuple[int, int]
) -> None:
    async with console(services, size) as seen:
        await seen.press("n")
        await seen.type("phones rang")
        await seen.press("tab")
        await seen.type("5 min ago")
        await seen.sees("2026-11-22 03:06:05 UTC")
        clock.forward(minutes=2)
        await seen.sees("2026-11-22 03:08:05 UTC, 5 min ago")
        await seen.press("enter")
        await seen.until(lambda: written(journal, e.NoteAdded), "the note")
        note = written(journal, e.NoteAdded)[0]
        assert (note.text, note.happened_at) == ("phones rang", (START + timedelta(minutes=4)).isoformat())
        await seen.sees("last note just now, ana@bastion")


async def test_cancelling_asks_first(services: FakeServices, journal: Journal, runner: PlayedRunner) -> None:
    async with console(services) as seen:
        await seen.press("enter")
        run = await requested(seen, journal)
        runner.start(run, step="check", action="status.check")
        await seen.sees("▶ running")
        await seen.press("c", "escape")
        assert not written(journal, e.CancelRequested)
        await seen.press("c", "enter")
        await seen.until(lambda: written(journal, e.CancelRequested), "the cancel")
        await seen.sees("cancelling", "Asked to stop")
        assert "c: cancel" not in seen.screen_text()


async def test_a_step_that_waits_says_for_what_and_leads_there(services: FakeServices, journal: Journal) -> None:
    async with console(services) as seen:
        await seen.at("strategy")
        await seen.sees("waits for", "2.1.2 Choose the recovery point")
        await seen.press("enter")
        await seen.until(lambda: seen.incident_screen.cursor.step_id == "recovery-point", "the step it waits for")


async def test_what_is_not_here_yet_is_done_by_hand(services: FakeServices, journal: Journal) -> None:
    journal.append(e.DecisionMade(step="recovery-point", name="recovery_point", answer="latest"))
    journal.append(e.DecisionMade(step="strategy", name="strategy", answer="hot-standby"))
    async with console(services) as seen:
        await seen.at("promote")
        await seen.sees("Not available here", "enter: done by hand, s: nobody did it")
        await seen.press("d")
        assert not written(journal, e.RunRequested)
        await seen.press("enter")
        await seen.sees("Done by hand: 2.2.1")


async def test_two_consoles_see_each_other(services: FakeServices, journal: Journal) -> None:
    async with console(services) as seen:
        for number in range(3):
            journal.append(e.StepSkipped(step="check", reason=f"reason {number}"), actor="ben@laptop")
            await seen.sees(f"reason {number}")


async def test_failed_steps_are_counted_and_one_key_away(
    services: FakeServices, journal: Journal, runner: PlayedRunner, size: tuple[int, int]
) -> None:
    run = journal.append(e.RunRequested(step="check", action="status.check"))[0].seq
    runner.start(run, step="check", action="status.check")
    runner.finish(run, step="check", status="failed", summary="no route to host")
    async with console(services, size) as seen:
        await seen.at("smoke")
        await seen.sees("1 FAILED")
        await seen.press("j")
        await seen.sees("no route to host", "enter: run again")


async def test_health_that_is_not_measured_or_old_is_never_green(
    services: FakeServices, journal: Journal, runner: PlayedRunner, clock: SetClock
) -> None:
    runner.health("postgres", "up", "primary", exposure_s=300)
    async with console(services) as seen:
        await seen.sees("✓ 1 fine  PostgreSQL", "? not measured", "5 min exposed", "1 system not measured")
        clock.forward(minutes=3)
        await seen.sees("? PostgreSQL  was up", "measured 3 min ago")
        await seen.no_longer_sees("✓ 1 fine")


async def test_what_keeps_the_runner_from_writing_is_loud_on_every_screen_until_it_clears(
    services: FakeServices, journal: Journal, size: tuple[int, int]
) -> None:
    services.runner_trouble = "no space left on /var"
    async with console(services, size) as seen:
        await seen.sees("THE JOURNAL CANNOT BE WRITTEN: no space left on /var")
        await seen.press("t")
        await seen.sees("all 1 event", "THE JOURNAL CANNOT BE WRITTEN: no space left on /var")
        services.runner_trouble = ""
        await seen.no_longer_sees("CANNOT BE WRITTEN")


async def test_an_incident_opens_at_what_runs_and_rather_at_what_is_in_doubt(
    services: FakeServices, journal: Journal, runner: PlayedRunner
) -> None:
    run = journal.append(e.RunRequested(step="restore", action="postgres.restore"))[0].seq
    runner.start(run, step="restore", action="postgres.restore", destructive=True)
    async with console(services) as seen:
        await seen.until(lambda: seen.incident_screen.cursor.step_id == "restore", "the cursor at what runs")
    run = journal.append(e.RunRequested(step="verify", action="postgres.verify"))[0].seq
    runner.start(run, step="verify", action="postgres.verify")
    runner.doubt(run, step="verify", why="its runner was gone")
    async with console(services) as seen:
        await seen.until(lambda: seen.incident_screen.cursor.step_id == "verify", "the cursor at what is in doubt")


async def test_a_run_whose_runner_is_gone_is_not_called_under_way(
    services: FakeServices, journal: Journal, runner: PlayedRunner
) -> None:
    run = journal.append(e.RunRequested(step="check", action="status.check"))[0].seq
    runner.start(run, step="check", action="status.check")
    async with console(services) as seen:
        await seen.sees("Under way")
        services.alive = False
        await seen.sees("NO RUNNER: r starts it", "No runner is there any more")
        await seen.no_longer_sees("Under way")
        await seen.sees("NEXT  start the runner: nobody sees what becomes of status.check  [r]")


async def test_a_dead_runner_is_said_and_one_key_starts_it(services: FakeServices, journal: Journal) -> None:
    services.alive = False
    async with console(services) as seen:
        await seen.sees("NO RUNNER: r starts it")
        assert seen.shown("#keys").startswith("r start runner")  # there is no room for all keys
        before = services.runner_starts
        await seen.press("r")
        await seen.until(lambda: services.runner_starts == before + 1, "a runner asked for")


async def test_a_runner_that_is_being_started_is_not_called_missing(
    services: FakeServices, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    services.alive, go = False, threading.Event()

    def start_slowly(incident_id: str) -> None:
        go.wait(DEADLINE)
        services.alive = True

    monkeypatch.setattr(services, "ensure_runner", start_slowly)
    async with console(services) as seen:
        await seen.sees("the runner is starting")
        assert "NO RUNNER" not in seen.screen_text()
        go.set()
        await seen.no_longer_sees("the runner is starting")
        assert "NO RUNNER" not in seen.screen_text()


async def test_output_and_titles_of_systems_do_nothing_to_the_terminal(
    services: FakeServices, journal: Journal, runner: PlayedRunner
) -> None:
    run = journal.append(e.RunRequested(step="check", action="status.check"))[0].seq
    runner.start(run, step="check", action="status.check")
    runner.say(run, "\x1b[2J\x1b]0;owned\x07[bold]plain[/bold] \u202etxt\u202c \x9b31mred", "after")
    runner.finish(run, step="check", summary="[red]\x1b[31mresult[/red]")
    async with console(services) as seen:
        await seen.at("check")
        await seen.sees("[bold]plain[/bold] txt red", "[red]result[/red]", "after")
        assert "\x1b" not in seen.screen_text()


async def test_the_header_says_when_nothing_is_left_of_any_phase(
    services: FakeServices, journal: Journal, runner: PlayedRunner
) -> None:
    with Reader(journal.path) as reader:
        steps = [step.id for step in fold_events(reader.events()).plan.steps()]
    journal.append(*(e.StepSkipped(step=step, reason="an exercise") for step in steps))
    async with console(services) as seen:
        await seen.sees("every required step is settled", "all settled")


async def test_how_it_ended_follows_the_journal_until_a_person_says_it_otherwise(
    services: FakeServices, journal: Journal, runner: PlayedRunner, size: tuple[int, int]
) -> None:
    journal.append(e.HealthChanged(system="postgres", was="", status="down", detail="refused"))
    async with console(services, size) as seen:
        await seen.press("x")
        await seen.sees("by the journal  PostgreSQL: did not come back, down")
        journal.append(e.HealthChanged(system="postgres", was="down", status="degraded", detail="slow"))
        await seen.sees("by the journal  PostgreSQL: did not come back, degraded")
        field = seen.app.screen.query_one("#summary", Input)
        assert field.value == ending(fold_journal(journal.path))
        await seen.press("shift+tab")
        await seen.type("handed over")
        journal.append(e.HealthChanged(system="postgres", was="degraded", status="down", detail="refused"))
        await seen.until(lambda: seen.incident_screen.session.state.health["postgres"].status == "down", "the news")
        assert field.value == "handed over"
        await seen.press("enter")
        await seen.type(phrase(remaining(fold_journal(journal.path))))
        await seen.press("enter")
        await seen.until(lambda: written(journal, e.IncidentClosed), "the close")
    assert [(said.summary, said.derived) for said in written(journal, e.IncidentClosed)] == [("handed over", False)]


async def test_a_closed_incident_takes_notes_only(services: FakeServices, journal: Journal) -> None:
    async with console(services) as seen:
        await seen.press("x")
        await seen.sees("Close INC-2026-11-22-01", "NOT IN ORDER", "all the same, type")
        await seen.press(*["enter"] * 9, "1", "enter")
        await seen.sees("Nothing was closed")
        assert not written(journal, e.IncidentClosed)
        await seen.press("backspace")
        await seen.type(phrase(remaining(fold_journal(journal.path))))
        ended = ending(fold_journal(journal.path))
        await seen.press("enter")
        await seen.sees("CLOSED", "the incident is closed")
        assert [(said.summary, said.derived) for said in written(journal, e.IncidentClosed)] == [(ended, True)]
        await seen.press("enter", "s", "m")
        assert not written(journal, e.StepSkipped) and not written(journal, e.RunRequested)
        await seen.press("n")
        await seen.type("late")
        await seen.press("enter")
        await seen.until(lambda: written(journal, e.NoteAdded), "the late note")
        await seen.press("x")
        await seen.sees("why it goes on")
        await seen.type("it fell over again")
        await seen.press("enter")
        await seen.until(lambda: written(journal, e.IncidentReopened), "the reopening")
        await seen.no_longer_sees("CLOSED")

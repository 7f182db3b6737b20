"""What could not be written: it is said when nothing else is asked, and concerns nothing but itself."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from functools import partial

import pytest
from textual.widgets import Input

from journal.commands.incident import IncidentCommands
from journal.events import types as e
from journal.store.errors import JournalWriteFailed
from journal.store.journal import Journal
from screens.dialogs.dialog import Dialog, Problem
from screens.dialogs.text_dialogs import Note
from screens.start.screen import StartScreen
from tests.locks import held_by_another
from tests.screens.app_services import FakeServices
from tests.screens.driving import DEADLINE, Console, console, written
from tests.waiting import until


class Failing:
    """A write that fails when the test lets it."""

    def __init__(self) -> None:
        self.now = threading.Event()

    def __call__(self, desk: IncidentCommands) -> None:
        self.now.wait(DEADLINE)
        raise JournalWriteFailed("The disk is full.", "Free some space.")


@pytest.fixture
def failing() -> Iterator[Failing]:
    failing = Failing()
    yield failing
    failing.now.set()


async def open_incident(seen: Console) -> None:
    await seen.until(lambda: seen.services.runner_starts == 1, "the runner started")


async def write_some_entry(seen: Console, failing: Failing) -> None:
    """Have something written, in an open incident, that fails when the test lets it."""
    await open_incident(seen)
    seen.incident_screen.session.write("some entry", failing)


async def test_a_failed_write_lets_no_other_be_asked_for_twice(
    services: FakeServices, journal: Journal, failing: Failing, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = threading.Event()
    async with console(services) as seen:
        await open_incident(seen)
        monkeypatch.setattr(services, "ensure_runner", lambda incident_id: slow.wait(DEADLINE))
        session = seen.incident_screen.session
        session.write("some note", failing)
        await seen.press("enter")  # asks for a run, behind it
        failing.now.set()
        await seen.sees("Not done: some note")
        await seen.press("enter", "enter")
        slow.set()
        ended: list[e.Event] = []
        session.write("the end", lambda desk: desk.note("the end"), ended.append)
        await seen.until(lambda: ended, "the end")
        assert len(written(journal, e.RunRequested)) == 1
        assert not isinstance(seen.app.screen, Dialog), "a second request was made, and refused"


async def test_a_failure_waits_until_the_note_is_written_and_is_then_told(
    services: FakeServices, journal: Journal, failing: Failing, size: tuple[int, int]
) -> None:
    async with console(services, size) as seen:
        await write_some_entry(seen, failing)
        seen.incident_screen.session.write("another entry", failing)
        await seen.press("n", *"disk ")
        failing.now.set()
        await seen.sees("NOT WRITTEN: another entry")
        await seen.press(*"gone")
        assert isinstance(seen.app.screen, Note)
        await seen.press("enter")
        await seen.sees("Not done: some entry", "Free some space.", "Understood (enter)")
        await seen.until(lambda: written(journal, e.NoteAdded), "the note")
        assert written(journal, e.NoteAdded)[0].text == "disk gone"
        await seen.press("enter")
        await seen.sees("Not done: another entry")
        await seen.press("enter")
        await seen.sees("NEXT  run")


async def test_a_failure_waits_for_a_search(services: FakeServices, journal: Journal, failing: Failing) -> None:
    async with console(services) as seen:
        await open_incident(seen)
        await seen.press("t", "slash", "d")
        seen.incident_screen.session.write("some entry", failing)
        failing.now.set()
        await seen.until(lambda: seen.incident_screen.session.unwritten, "the failure")
        await seen.press("b")
        assert seen.app.screen.query_one("#search", Input).value == "db"
        await seen.press("escape")
        await seen.sees("Not done: some entry")


async def test_a_failure_is_told_in_the_list_of_incidents_where_the_incident_was_left(
    services: FakeServices, journal: Journal, failing: Failing
) -> None:
    async with console(services) as seen:
        await write_some_entry(seen, failing)
        seen.incident_screen.session.write("another entry", failing)
        await seen.press("n")
        failing.now.set()
        await seen.sees("NOT WRITTEN: another entry")
        seen.app.pop_screen()
        seen.incident_screen.action_incidents()
        await seen.sees("1 incident is open", "Not done: some entry")
        assert [type(screen) for screen in seen.app.screen_stack[1:]] == [StartScreen, Problem]
        await seen.press("enter")
        await seen.sees("Not done: another entry")
        await seen.press("enter")
        await seen.no_longer_sees("Not done")
        await seen.sees("1 incident is open")


async def test_a_failure_is_not_closed_by_keys_that_meant_what_was_there_before(
    services: FakeServices, journal: Journal, failing: Failing, monkeypatch: pytest.MonkeyPatch, size: tuple[int, int]
) -> None:
    monkeypatch.setattr(Problem, "UNREAD_S", 3_600.0)
    async with console(services, size) as seen:
        await write_some_entry(seen, failing)
        failing.now.set()
        await seen.sees("Not done: some entry", "One moment…")
        await seen.pilot.press("enter", "escape", "space", "tab", "enter")
        await seen.sees("Not done: some entry", "One moment…")
        assert not written(journal, e.RunRequested)


async def test_a_write_that_fails_after_the_incident_was_left_is_told_in_the_list_of_incidents(
    services: FakeServices, journal: Journal, failing: Failing
) -> None:
    async with console(services) as seen:
        await write_some_entry(seen, failing)
        await seen.press("escape")
        await seen.sees("1 incident is open")
        failing.now.set()
        await seen.sees("Not done: some entry", "Free some space.", "Understood (enter)")
        await seen.press("enter")
        await seen.no_longer_sees("Not done")


async def test_a_write_that_fails_after_the_console_has_ended_is_told_when_the_program_ends(
    services: FakeServices,
    journal: Journal,
    failing: Failing,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    at_the_end: list[Callable[[], object]] = []
    monkeypatch.setattr("atexit.register", lambda call, *given: at_the_end.append(partial(call, *given)))
    monkeypatch.setattr(sys, "__stderr__", sys.stderr)
    async with console(services) as seen:
        await write_some_entry(seen, failing)
    failing.now.set()
    until(lambda: at_the_end)
    at_the_end[0]()
    assert "Not done: some entry. The disk is full. Free some space." in capsys.readouterr().err


async def test_a_failure_that_nobody_has_seen_is_told_when_the_console_ends(
    services: FakeServices,
    journal: Journal,
    failing: Failing,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    async with console(services) as seen:
        await write_some_entry(seen, failing)
        await seen.press("n")
        failing.now.set()
        await seen.sees("NOT WRITTEN: some entry")
    monkeypatch.setattr(sys, "__stderr__", sys.stderr)
    seen.app.notices.print_the_rest()
    assert "Not done: some entry. The disk is full. Free some space." in capsys.readouterr().err


async def test_who_keeps_the_journal_from_taking_a_word_is_said_until_it_is_written(
    services: FakeServices, journal: Journal
) -> None:
    async with console(services) as seen:
        await open_incident(seen)
        with held_by_another(journal.path.with_name(f"{journal.path.name}.lock")) as pid:
            await seen.press("n")
            await seen.type("they are told")
            await seen.press("enter")
            await seen.sees("WAITING FOR THE JOURNAL, held by", f"process {pid}")
            assert not written(journal, e.NoteAdded)
        await seen.no_longer_sees("WAITING FOR THE JOURNAL")
        assert written(journal, e.NoteAdded)[0].text == "they are told"

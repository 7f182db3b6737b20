"""The app around the screens: size, leaving, failures, imports, threads."""

from __future__ import annotations

import subprocess
import sys
import threading
from typing import Any

import pytest

from cleo_console.app import CleoApp
from journal.events import types as e
from journal.store.errors import JournalWriteFailed
from journal.store.journal import Journal
from tests.screens.app_services import INCIDENT, FakeServices, PlayedRunner, SetClock
from tests.screens.driving import Console, console, requested, written

HEAVY = "psycopg kubernetes boto3 pymongo redis asyncssh dns sqlite_utils moto"


def test_the_console_imports_no_client_library() -> None:
    code = f"import sys, cleo_console.app; print([m for m in {HEAVY.split()!r} if m in sys.modules])"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


async def test_too_small_is_said_and_passes(services: FakeServices, journal: Journal) -> None:
    async with console(services, (80, 24)) as seen:
        await seen.pilot.resize_terminal(20, 5)
        await seen.sees("Too small:", "20x5")
        await seen.press("enter", "s")
        await seen.pilot.resize_terminal(80, 24)
        await seen.sees("NEXT  run: 1.1.1")
        assert not written(journal, e.RunRequested)
        await seen.pilot.resize_terminal(120, 40)
        await seen.sees("╭─ Health")


async def test_a_dialogue_survives_a_terminal_that_was_too_small(services: FakeServices, journal: Journal) -> None:
    async with console(services, (80, 24)) as seen:
        await seen.press("n")
        await seen.type("half a no")
        await seen.pilot.resize_terminal(40, 10)
        await seen.sees("Too small:")
        await seen.pilot.resize_terminal(80, 24)
        await seen.sees("half a no")


async def test_leaving_asks_only_while_something_runs(
    services: FakeServices, journal: Journal, runner: PlayedRunner, size: tuple[int, int]
) -> None:
    async with console(services, size) as seen:
        await seen.press("enter")
        run = await requested(seen, journal)
        runner.start(run, step="check", action="status.check")
        await seen.sees("▶ running")
        await seen.press("ctrl+q")
        await seen.sees("Leave the console?", "The runner goes on", "cleo open INC-2026-11-22-01")
        await seen.press("escape")
        await seen.no_longer_sees("Leave the console?")
        runner.finish(run, step="check")
        await seen.sees("0 running")
        await seen.press("q")
        await seen.until(lambda: seen.app._exit, "the console left")


async def test_no_thread_outlives_the_console(services: FakeServices, journal: Journal) -> None:
    before = set(threading.enumerate())
    async with console(services) as seen:
        await seen.press("s")
        await seen.type("why")
        await seen.press("enter")
        await seen.sees("skipped")
        ours = [t for t in set(threading.enumerate()) - before if t.name.startswith(("follow", "commands"))]
        assert len(ours) == 2
    for thread in ours:
        thread.join(5)
        assert not thread.is_alive(), thread.name


class BadDisk(Journal):
    """A journal on a disk that fails."""

    broken = True

    def append(self, *bodies: e.Body, actor: str | None = None) -> list[e.Event]:
        if self.broken:
            raise JournalWriteFailed(
                "The journal could not be written: disk full.", "Free some space, then do it again."
            )
        return super().append(*bodies, actor=actor)


async def test_a_failed_write_is_loud_and_says_what_to_do(
    services: FakeServices, journal: Journal, monkeypatch: pytest.MonkeyPatch, size: tuple[int, int]
) -> None:
    def open_bad(*asked: object) -> Any:
        return BadDisk.open(journal.path, actor=services.actor, clock=services.journal_clock)

    monkeypatch.setattr(services, "open", open_bad)
    async with console(services, size) as seen:
        await seen.press("s")
        await seen.type("why")
        await seen.press("enter")
        await seen.sees("Not done: skip", "disk full", "Free some space")
        await seen.press("enter")
        await seen.sees("NOT WRITTEN: skip", "○ Check system status")
        monkeypatch.setattr(BadDisk, "broken", False)
        await seen.press("s")
        await seen.type("again")
        await seen.press("enter")
        await seen.sees("– Check system status")
        await seen.no_longer_sees("NOT WRITTEN")


async def test_an_incident_that_cannot_be_opened_says_why(services: FakeServices) -> None:
    app = CleoApp(services, "INC-1999-01-01-01", clock=services.clock)
    async with app.run_test(size=(80, 24)) as pilot:
        seen = Console(pilot, services)
        await seen.sees("This incident cannot be opened", "Do next")
        await seen.press("enter")
        await seen.sees("No incident is open")


async def test_without_colour_the_words_stay(
    services: FakeServices, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with console(services) as seen:
        assert seen.app.theme == "ansi-dark"
        await seen.sees("LAB", "○ Check system status", "0 in doubt")
        await seen.press("h")
        await seen.sees("? PostgreSQL")
        pieces = [
            piece for strip in seen.app.screen._compositor.render_strips() for piece in strip if piece.text.strip()
        ]
        colours = {str(colour) for p in pieces if p.style for colour in (p.style.color, p.style.bgcolor) if colour}
        assert all("default" in colour for colour in colours), colours
        assert any("PostgreSQL" in p.text and p.style and p.style.underline for p in pieces), "the cursor is not seen"


async def test_help_lists_every_key_and_symbol(services: FakeServices, journal: Journal) -> None:
    async with console(services, (120, 90)) as seen:
        await seen.press("question_mark")
        await seen.sees("the obvious thing at this step", "IN DOUBT", "not measured", "leave the console")
        await seen.press("escape")
        await seen.sees("NEXT  run")


async def test_a_mistake_of_ours_does_not_take_the_console_away(
    services: FakeServices, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    def break_down(incident_id: str) -> None:
        raise ZeroDivisionError("division by zero")

    async with console(services) as seen:
        ensure_runner = services.ensure_runner
        monkeypatch.setattr(services, "ensure_runner", break_down)
        await seen.press("enter")
        await seen.sees("Not done: run Check system status", "ZeroDivisionError", "a mistake in the program")
        assert not written(journal, e.RunRequested)
        await seen.press("enter")
        await seen.sees("NEXT  run")
        monkeypatch.setattr(services, "ensure_runner", ensure_runner)
        await seen.press("enter")
        await requested(seen, journal)


async def test_an_inject_covers_nothing_and_stays_on_every_screen_until_it_is_answered(
    services: FakeServices, journal: Journal, clock: SetClock
) -> None:
    wants = {"id": "one", "text": "Support asks", "answered_by": ["note"]}
    journal.append(e.ExerciseBegan(exercise={"injects": [wants]}))
    async with console(services, (80, 24)) as seen:
        journal.append(e.InjectGiven(inject="one", text="Support asks"))
        journal.append(e.InjectGiven(inject="two", text="By the way"))
        await seen.sees("EXERCISE  Support asks  not answered", "EXERCISE  By the way", "Check system status", "NEXT")
        clock.forward(minutes=10)
        await seen.press("h")
        await seen.sees("EXERCISE  Support asks  not answered")
        assert "By the way" not in seen.screen_text()
        journal.append(e.InjectAnswered(inject="one", how="note"))
        await seen.no_longer_sees("EXERCISE")


async def test_what_is_told_in_passing_lies_over_no_dialog(services: FakeServices, journal: Journal) -> None:
    app = CleoApp(services, INCIDENT, clock=services.clock)
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        seen = Console(pilot, services)
        await seen.sees("NEXT")
        app.notify("The first word of it", timeout=600)
        await seen.sees("The first word of it")
        await seen.press("n")
        await seen.sees("what happened, what you saw")
        assert [toast.display for toast in app.screen.query("ToastHolder")] == [False]

"""The report's screen: the report as it is, and what people write into it."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from journal.events import types as e
from journal.store.journal import Journal
from screens.pages.report_preview import Preview, preview
from tests.screens.app_services import FakeServices
from tests.screens.driving import DEADLINE, console, written
from tests.waiting import until


async def test_the_report_is_shown_and_its_fields_are_written(
    services: FakeServices, journal: Journal, size: tuple[int, int]
) -> None:
    async with console(services, size) as seen:
        await seen.press("R")
        await seen.sees("LAB", "Report", "○ Summary", "up to date", "conversations unreachable")
        await seen.press("down", "down", "enter")
        await seen.sees("The report says of it already", "Discovered 3 min after the disruption")
        await seen.type("A user called")
        await seen.press("escape")
        await seen.sees("Not written yet")
        await seen.press("ctrl+s")
        await seen.sees("✓ Detection", "up to date")
        assert written(journal, e.ReportFieldWritten)[0] == e.ReportFieldWritten(
            field="detection", text="A user called"
        )
        await seen.press("tab")
        for _ in range(4):
            if "A user called" not in seen.screen_text():
                await seen.press("pagedown")
        await seen.sees("A user called")
        await seen.press("tab", "enter")
        await seen.sees("Detection", "A user called")


@pytest.mark.parametrize("leaving", ["the report", "the console"])
async def test_what_is_written_after_the_report_was_left_builds_nothing(
    services: FakeServices, journal: Journal, leaving: str
) -> None:
    slow = threading.Event()
    async with console(services) as seen:
        await seen.press("R")
        await seen.sees("up to date")
        seen.incident_screen.session.write("slow", lambda desk: slow.wait(DEADLINE))
        await seen.press("enter")
        await seen.type("Nobody could log in")
        await seen.press("ctrl+s")
        await seen.sees("○ Summary")
        if leaving == "the report":
            await seen.press("escape")
            await seen.sees("Checklist")
            slow.set()
            await seen.until(lambda: written(journal, e.ReportFieldWritten), "the field in the journal")
            await seen.press("n")
            await seen.sees("Note")
        slow.set()
    until(lambda: written(journal, e.ReportFieldWritten))
    assert written(journal, e.ReportFieldWritten)[0].text == "Nobody could log in"


async def test_action_items_are_written_changed_and_dropped(
    services: FakeServices, journal: Journal, size: tuple[int, int]
) -> None:
    async with console(services, size) as seen:
        await seen.press("R", "end", "up", "enter")
        await seen.type("Test restores")
        await seen.press("enter")
        await seen.type("Ben")
        await seen.press("enter")
        await seen.type("soon")
        await seen.press("enter")
        await seen.sees("'soon' is no day")
        await seen.press(*["backspace"] * 4)
        await seen.type("2026-12-24")
        await seen.press("enter")
        await seen.sees("✓ A1 Test restores")
        assert written(journal, e.ActionItemWritten)[0].due == "2026-12-24"
        await seen.press("enter")
        await seen.sees("Action item A1", "Ben", "2026-12-24")
        await seen.press("escape", "x")
        await seen.no_longer_sees("✓ A1 Test restores")
        assert written(journal, e.ActionItemWritten)[-1].dropped


async def test_signing_wants_a_role_and_works_after_the_close(services: FakeServices, journal: Journal) -> None:
    journal.append(e.IncidentClosed(summary="over"))
    async with console(services) as seen:
        await seen.press("R", "end", "enter")
        await seen.sees("You sign the report", "ana@bastion.")
        await seen.press("enter")
        await seen.sees("A signature wants a role.")
        await seen.type("incident commander")
        await seen.press("enter")
        await seen.sees("1 signature")
        assert written(journal, e.SignedOff)[0].role == "incident commander"


async def test_news_make_the_report_old_and_a_key_renews_it(services: FakeServices, journal: Journal) -> None:
    async with console(services) as seen:
        await seen.press("R")
        await seen.sees("up to date")
        journal.append(e.NoteAdded(text="news"))
        await seen.sees("1 event newer: r renews")
        await seen.press("r")
        await seen.sees("up to date")


async def test_what_is_written_while_the_report_is_built_is_in_it_soon(
    services: FakeServices, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    may, begun = threading.Event(), threading.Event()

    def slow(path: Path, width: int) -> Preview:
        found = preview(path, width)
        begun.set()
        may.wait(20)
        return found

    monkeypatch.setattr("screens.pages.report.preview", slow)
    async with console(services) as seen:
        await seen.press("R")
        await seen.until(begun.is_set, "the report being built")
        await seen.press("enter")
        await seen.type("gone")
        await seen.press("ctrl+s")
        await seen.until(lambda: written(journal, e.ReportFieldWritten), "the field")
        may.set()
        await seen.sees("✓ Summary", "up to date")


async def test_the_report_is_built_once(
    services: FakeServices, journal: Journal, size: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """That takes seconds on a long journal."""
    built: list[int] = []

    def counted(path: Path, width: int) -> Preview:
        built.append(width)
        return preview(path, width)

    monkeypatch.setattr("screens.pages.report.preview", counted)
    async with console(services, size) as seen:
        await seen.press("R")
        await seen.sees("up to date")
        await seen.is_still()
        assert len(built) == 1

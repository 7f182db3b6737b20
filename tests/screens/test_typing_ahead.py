"""What comes in one piece over a slow line goes where it would have gone one by one."""

from __future__ import annotations

import asyncio
import time

import pytest
from textual.events import Key, Paste
from textual.widgets import Input

from cleo_console.key_order import Typed
from journal.events import types as e
from journal.store.journal import Journal
from screens.dialogs.text_dialogs import Note
from screens.pages.contacts import ContactsScreen
from screens.pages.timeline import TimelineScreen
from tests.screens.app_services import FakeServices
from tests.screens.driving import Console, console, written

TURNS = pytest.mark.parametrize("turns", [0, 1, *(pytest.param(turns, marks=pytest.mark.soak) for turns in (4, 20))])
"""How often the loop turns between two keys: one piece, or pieces in the middle of the work for the last."""


async def at_once(seen: Console, *keys: str | Typed, turns: int) -> None:
    for key in keys:
        seen.app.post_message(Key(key, key if len(key) == 1 else None) if isinstance(key, str) else key)
        for _ in range(turns):
            await asyncio.sleep(0)


@TURNS
async def test_notes_are_written_one_after_the_other(services: FakeServices, journal: Journal, turns: int) -> None:
    async with console(services, (80, 24)) as seen:
        await at_once(seen, "n", *"disk", "enter", "n", *"gone", "enter", "t", turns=turns)
        await seen.until(lambda: isinstance(seen.app.screen, TimelineScreen), "the timeline")
        await seen.until(lambda: len(written(journal, e.NoteAdded)) == 2, "both notes")
        assert [note.text for note in written(journal, e.NoteAdded)] == ["disk", "gone"]
        assert not written(journal, e.RunRequested)


@TURNS
async def test_what_is_searched_for_is_no_command(services: FakeServices, journal: Journal, turns: int) -> None:
    async with console(services, (80, 24)) as seen:
        await at_once(seen, "t", Key("slash", "/"), *"paeR", turns=turns)
        await seen.until(lambda: isinstance(seen.app.screen, TimelineScreen), "the timeline")
        await seen.until(lambda: seen.app.screen.query_one(Input).value == "paeR", "all that was typed")
        assert not written(journal, e.ContactPaged)


async def test_what_is_pasted_behind_a_key_goes_where_the_key_leads(services: FakeServices, journal: Journal) -> None:
    async with console(services, (80, 24)) as seen:
        await at_once(seen, "n", Paste("db1 has lost its disk"), "enter", turns=0)
        await seen.until(lambda: written(journal, e.NoteAdded), "the note")
        assert written(journal, e.NoteAdded)[0].text == "db1 has lost its disk"


@TURNS
async def test_a_report_field_is_written_with_all_that_was_typed(
    services: FakeServices, journal: Journal, turns: int
) -> None:
    async with console(services) as seen:
        await seen.press("R")
        await seen.sees("up to date")
        await at_once(seen, "enter", *"disk", "enter", *"gone", "ctrl+s", "down", "enter", turns=turns)
        await at_once(seen, Paste("all users"), "ctrl+s", turns=turns)
        await seen.until(lambda: len(written(journal, e.ReportFieldWritten)) == 2, "both fields")
        fields = [(field.field, field.text) for field in written(journal, e.ReportFieldWritten)]
        assert fields == [("summary", "disk\ngone"), ("impact", "all users")]


@TURNS
async def test_what_follows_a_command_of_the_palette_goes_where_it_leads(
    services: FakeServices, journal: Journal, turns: int
) -> None:
    async with console(services) as seen:
        await seen.press("ctrl+p")
        await seen.type("note:")
        await seen.sees("Note: ")
        await at_once(seen, "down", "enter", *"disk", "enter", turns=turns)
        await seen.until(lambda: written(journal, e.NoteAdded), "the note")
        assert written(journal, e.NoteAdded)[0].text == "disk"
        assert not written(journal, e.RunRequested)


@pytest.mark.soak
async def test_many_keys_are_not_worked_off_slower_than_few(services: FakeServices, journal: Journal) -> None:
    """A timer for each key that waited made 300 of them take 20 s."""
    async with console(services) as seen:
        took = []
        for many in (50, 400):
            begun = time.monotonic()
            await at_once(seen, *["down", "up"] * (many // 2), "n", turns=0)
            await seen.until(lambda: isinstance(seen.app.screen, Note), "the note's dialog")
            took.append((time.monotonic() - begun) / many)
            await seen.press("escape")
            await seen.until(lambda: seen.app.screen is seen.incident_screen, "the checklist")
        assert took[1] < 3 * took[0], took


@TURNS
async def test_screens_are_passed_through_in_order(services: FakeServices, journal: Journal, turns: int) -> None:
    async with console(services) as seen:
        await at_once(seen, "h", "t", "e", "escape", "t", "t", "down", "down", "e", turns=turns)
        await seen.until(lambda: seen.incident_screen.cursor.step_id == "notify", "the third step")
        await seen.until(lambda: isinstance(seen.app.screen, ContactsScreen), "the contacts")
        assert len(seen.app.screen_stack) == 3

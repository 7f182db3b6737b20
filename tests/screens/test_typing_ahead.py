"""What comes in one piece over a slow line goes where it would have gone one by one."""

from __future__ import annotations

import asyncio

import pytest
from textual.events import Key, Paste
from textual.widgets import Input

from cleo_console.key_order import Typed
from journal import events as e
from journal.store import Journal
from screens.contacts import ContactsScreen
from screens.timeline import TimelineScreen
from tests.screens.driving import Console, console, written
from tests.screens.host import FakeHost

TURNS = pytest.mark.parametrize("turns", [0, 1, 4, 20])
"""How often the loop turns between two keys: one piece, or pieces in the middle of the work for the last."""


async def at_once(seen: Console, *keys: str | Typed, turns: int) -> None:
    for key in keys:
        seen.app.post_message(Key(key, key if len(key) == 1 else None) if isinstance(key, str) else key)
        for _ in range(turns):
            await asyncio.sleep(0)


@TURNS
async def test_notes_are_written_one_after_the_other(host: FakeHost, journal: Journal, turns: int) -> None:
    async with console(host, (80, 24)) as seen:
        await at_once(seen, "n", *"disk", "enter", "n", *"gone", "enter", "t", turns=turns)
        await seen.until(lambda: isinstance(seen.app.screen, TimelineScreen), "the timeline")
        await seen.until(lambda: len(written(journal, e.NoteAdded)) == 2, "both notes")
        assert [note.text for note in written(journal, e.NoteAdded)] == ["disk", "gone"]
        assert not written(journal, e.RunRequested)


@TURNS
async def test_what_is_searched_for_is_no_command(host: FakeHost, journal: Journal, turns: int) -> None:
    async with console(host, (80, 24)) as seen:
        await at_once(seen, "t", Key("slash", "/"), *"paeR", turns=turns)
        await seen.until(lambda: isinstance(seen.app.screen, TimelineScreen), "the timeline")
        await seen.until(lambda: seen.app.screen.query_one(Input).value == "paeR", "all that was typed")
        assert not written(journal, e.ContactPaged)


async def test_what_is_pasted_behind_a_key_goes_where_the_key_leads(host: FakeHost, journal: Journal) -> None:
    async with console(host, (80, 24)) as seen:
        await at_once(seen, "n", Paste("db1 has lost its disk"), "enter", turns=0)
        await seen.until(lambda: written(journal, e.NoteAdded), "the note")
        assert written(journal, e.NoteAdded)[0].text == "db1 has lost its disk"


@TURNS
async def test_screens_are_passed_through_in_order(host: FakeHost, journal: Journal, turns: int) -> None:
    async with console(host) as seen:
        await at_once(seen, "h", "t", "e", "escape", "t", "t", "down", "down", "e", turns=turns)
        await seen.until(lambda: isinstance(seen.app.screen, ContactsScreen), "the contacts")
        assert len(seen.app.screen_stack) == 3
        await seen.press("escape")
        assert seen.incident_screen.cursor == "notify"

"""The one-line field: what is pasted into it."""

from __future__ import annotations

import pytest
from textual.events import Paste
from textual.widgets import Input

from journal.store.journal import Journal
from tests.screens.app_services import FakeServices
from tests.screens.driving import console


@pytest.mark.parametrize(
    ("pasted", "kept"),
    [
        ("db1 is gone", "saw: db1 is gone"),
        ("FATAL: no data directory\r\n\r\n  \n  HINT: restore it\n", "saw: FATAL: no data directory HINT: restore it"),
        ("\n\nonly the last", "saw: only the last"),
        ("\n", "saw: "),
    ],
)
async def test_all_lines_of_a_paste_are_kept_in_one(
    services: FakeServices, journal: Journal, pasted: str, kept: str
) -> None:
    async with console(services) as seen:
        await seen.press("n")
        await seen.type("saw: ")
        seen.app.post_message(Paste(pasted))
        await seen.press("full_stop")
        assert seen.app.screen.query_one("#words", Input).value == f"{kept}."


async def test_a_paste_takes_the_place_of_what_is_selected(services: FakeServices, journal: Journal) -> None:
    async with console(services) as seen:
        await seen.press("n", *"old", "shift+home")
        seen.app.post_message(Paste("new\nwords"))
        await seen.until(lambda: seen.app.screen.query_one("#words", Input).value == "new words", "the new words alone")


async def test_several_lines_copied_on_the_console_become_one(services: FakeServices, journal: Journal) -> None:
    async with console(services) as seen:
        seen.app.copy_to_clipboard("two\nlines")
        await seen.press("n", "ctrl+v")
        await seen.until(lambda: seen.app.screen.query_one("#words", Input).value == "two lines", "both lines")

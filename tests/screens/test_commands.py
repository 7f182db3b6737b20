"""The command palette: keys by what they do, steps by number and title."""

from __future__ import annotations

from textual.widgets import Input

from journal.events import types as e
from journal.store.journal import Journal
from tests.screens.app_services import FakeServices
from tests.screens.driving import console, written


async def test_a_step_is_found_by_its_words_from_any_screen(
    services: FakeServices, journal: Journal, size: tuple[int, int]
) -> None:
    async with console(services, size) as seen:
        await seen.press("t", "ctrl+p")
        await seen.sees("Find: ")
        await seen.type("smoke")
        await seen.sees("Go to step 2.2.4 Run smoke tests", "waits for other steps")
        await seen.press("down", "enter")
        await seen.until(lambda: seen.incident_screen.cursor.step_id == "smoke", "the cursor at the step")
        await seen.until(lambda: seen.app.screen is seen.incident_screen, "the checklist")


async def test_an_enter_that_was_pressed_twice_closes_the_palette_alone(
    services: FakeServices, journal: Journal
) -> None:
    async with console(services) as seen:
        await seen.press("ctrl+p")
        await seen.type("smoke")
        await seen.sees("Go to step 2.2.4 Run smoke tests")
        field = seen.app.screen.query_one(Input)
        for _ in range(4):
            field.post_message(Input.Submitted(field, field.value))  # what enter makes of it
        await seen.until(lambda: seen.incident_screen.cursor.step_id == "smoke", "the cursor at the step")
        await seen.until(lambda: seen.app.screen is seen.incident_screen, "the checklist")
        await seen.press("t")
        await seen.until(lambda: seen.app.screen is not seen.incident_screen, "the checklist's keys at work")


async def test_what_a_key_does_is_done_by_its_words(services: FakeServices, journal: Journal) -> None:
    async with console(services) as seen:
        await seen.press("ctrl+p")
        await seen.type("leave the step out")
        await seen.sees("Skip: leave the step out", "key s")
        await seen.press("enter")
        await seen.sees("Skip: 1.1.1")
        await seen.type("no need")
        await seen.press("enter")
        await seen.until(lambda: written(journal, e.StepSkipped), "the skip")


async def test_keys_that_do_not_apply_are_not_offered(services: FakeServices, journal: Journal) -> None:
    async with console(services) as seen:
        await seen.press("ctrl+p")
        await seen.type("ask what is running to stop")
        await seen.sees("No matches")
        await seen.press("escape", "s", "ctrl+p")
        await seen.type("leave the step out")
        await seen.sees("No matches")

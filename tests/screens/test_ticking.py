"""Ticking a step's items: every press counts, however fast they come."""

from __future__ import annotations

import pytest

from journal.events import types as e
from journal.store.journal import Journal, JournalWriteFailed
from screens.dialogs.dialog import Problem
from tests.screens.app_services import FakeServices
from tests.screens.driving import console, written


async def test_items_are_ticked_one_after_another_and_by_number(services: FakeServices, journal: Journal) -> None:
    async with console(services) as seen:
        await seen.at("notify")
        await seen.press("1")
        await seen.sees("[x] Support told", "[ ] CTO told")
        await seen.press("3")
        await seen.sees("[x] CTO told")
        await seen.press("3")
        await seen.sees("[ ] CTO told")
        await seen.press("2", "3")
        state = seen.incident_screen.session.state
        await seen.until(lambda: state.settled("notify"), "the step is done with its last item")


async def test_enter_ticks_nothing_and_goes_on(services: FakeServices, journal: Journal) -> None:
    async with console(services) as seen:
        await seen.at("notify")
        await seen.press("enter")
        await seen.until(lambda: seen.incident_screen.cursor.step_id == "check", "the step that is next")
        assert not written(journal, e.ItemChecked)


async def test_items_ticked_faster_than_the_news_come_are_each_ticked_once(
    services: FakeServices, journal: Journal
) -> None:
    async with console(services) as seen:
        await seen.at("notify")
        tick = seen.incident_screen.action_tick
        for number in (1, 2, 1, 1, 3):  # between these, the screen learns nothing of what was written
            tick(number)
        await seen.until(lambda: seen.incident_screen.session.state.settled("notify"), "the step is done")
        support, managers, cto = seen.incident_screen.session.state.plan.by_id["notify"].items
        said = [(event.item, event.checked) for event in written(journal, e.ItemChecked)]
        assert said == [(support, True), (managers, True), (support, False), (support, True), (cto, True)]


async def test_an_item_that_could_not_be_ticked_is_ticked_by_the_next_press(
    services: FakeServices, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with console(services) as seen:
        await seen.at("notify")
        with monkeypatch.context() as disk:
            disk.setattr(Journal, "append", refuses)
            seen.incident_screen.action_tick(1)
            seen.incident_screen.action_tick(2)
            for _ in range(2):  # one after the other
                await seen.until(lambda: isinstance(seen.app.screen, Problem), "what was not done")
                told = seen.app.screen
                await seen.press("escape")
                await seen.until(lambda told=told: told not in seen.app.screen_stack, "it understood")
        await seen.press("1")
        await seen.sees("[x] Support told", "[ ] CTO told")


async def test_no_key_acts_on_a_step_while_the_cursor_is_on_a_heading(services: FakeServices, journal: Journal) -> None:
    async with console(services, (80, 24)) as seen:
        await seen.at("notify")
        await seen.press("left")
        await seen.until(lambda: seen.incident_screen.cursor.at_heading, "the heading")
        await seen.press(*"1msdcuv")
        assert seen.app.screen is seen.incident_screen
        assert seen.incident_screen.cursor.step_id == "notify"
        await seen.sees("enter open or close")
        assert "mark done" not in seen.screen_text()
        await seen.press("n", *"all", "enter")
        await seen.until(lambda: written(journal, e.NoteAdded), "the note")
        assert [note.step for note in written(journal, e.NoteAdded)] == [""]
        assert not written(journal, e.ItemChecked)


async def test_from_a_heading_the_keys_lead_back_to_the_step_that_is_next(
    services: FakeServices, journal: Journal
) -> None:
    async with console(services, (80, 24)) as seen:
        cursor = seen.incident_screen.cursor
        await seen.until(lambda: cursor.step_id == "check", "the step that is next")
        await seen.press("left")
        await seen.until(lambda: cursor.at_heading, "its heading")
        await seen.sees("[g: go there]")
        await seen.press("g")
        await seen.until(lambda: not cursor.at_heading and cursor.step_id == "check", "the step again")
        await seen.sees("[enter]")


def refuses(*_: object) -> None:
    raise JournalWriteFailed("The disk is full.", "Free some space.")

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
        await seen.press("enter")
        await seen.sees("[x] Support told", "[ ] CTO told")
        await seen.press("3")
        await seen.sees("[x] CTO told")
        await seen.press("3")
        await seen.sees("[ ] CTO told")
        await seen.press("2", "3")
        await seen.sees("enter: mark it done")
        await seen.press("enter")
        await seen.until(lambda: written(journal, e.StepMarkedDone), "the step marked done")
        assert written(journal, e.StepMarkedDone)[0].step == "notify"


async def test_items_ticked_faster_than_the_news_come_are_each_ticked_once(
    services: FakeServices, journal: Journal
) -> None:
    async with console(services) as seen:
        await seen.at("notify")
        act, tick = seen.incident_screen.action_act, seen.incident_screen.action_tick
        act()  # between these, the screen learns nothing of what was written
        act()
        tick(1)
        tick(1)
        act()
        act()
        await seen.until(lambda: written(journal, e.StepMarkedDone), "the step marked done")
        support, managers, cto = seen.incident_screen.session.state.plan.by_id["notify"].items
        said = [(event.item, event.checked) for event in written(journal, e.ItemChecked)]
        assert said == [(support, True), (managers, True), (support, False), (support, True), (cto, True)]
        assert [event.step for event in written(journal, e.StepMarkedDone)] == ["notify"]


async def test_an_item_that_could_not_be_ticked_is_ticked_by_the_next_press(
    services: FakeServices, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with console(services) as seen:
        await seen.at("notify")
        with monkeypatch.context() as disk:
            disk.setattr(Journal, "append", refuses)
            seen.incident_screen.action_act()
            seen.incident_screen.action_act()
            for _ in range(2):  # one after the other
                await seen.until(lambda: isinstance(seen.app.screen, Problem), "what was not done")
                told = seen.app.screen
                await seen.press("escape")
                await seen.until(lambda told=told: told not in seen.app.screen_stack, "it understood")
        await seen.press("enter")
        await seen.sees("[x] Support told", "[ ] CTO told")


def refuses(*_: object) -> None:
    raise JournalWriteFailed("The disk is full.", "Free some space.")

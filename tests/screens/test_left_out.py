"""What nothing here does is left out as one: listed, each with its own cause, and each can be kept."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from journal.events import types as e
from journal.events.run import KnownSystem
from journal.incident.fold import fold_journal
from journal.store.journal import Journal
from screens.incident.cursor import StepCursor
from tests.journal.stories import step
from tests.screens import app_services
from tests.screens.app_services import FakeServices
from tests.screens.driving import Console, console, written
from tests.screens.not_here import NOT_HERE, STEPS, begun


@pytest.fixture
def journal(services: FakeServices, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Journal]:
    """An incident in which the recovery is done, and the rest cannot be done here."""
    monkeypatch.setattr(app_services, "PLANNED_ACTIONS", NOT_HERE)
    with begun(services, tmp_path, *STEPS) as journal:
        journal.append(e.StepMarkedDone(step="restore", note="restored"))
        yield journal


def left_out(journal: Journal) -> dict[str, str]:
    return {body.step: body.reason for body in written(journal, e.StepSkipped)}


async def skips(seen: Console, journal: Journal, *keys: str) -> dict[str, str]:
    await seen.press(*keys)
    await seen.until(lambda: written(journal, e.StepSkipped), "what is left out")
    return left_out(journal)


async def test_two_keys_leave_all_of_it_out_and_the_cursor_goes_on(
    services: FakeServices, journal: Journal, size: tuple[int, int]
) -> None:
    async with console(services, size) as seen:
        await seen.sees("nothing here does it: 1.1.2 Compare the stores and 2 more  [s]")
        await seen.press("s")
        await seen.sees("[x] 1.1.2 Compare the stores  no action app.data")
        await seen.sees("[x] 1.1.5 Enable traffic  no action lb.open")
        assert await skips(seen, journal, "enter") == {
            "data": "nothing here does it: no action app.data is installed",
            "auth": "nothing here does it: no action app.auth is installed",
            "open": "nothing here does it: no action lb.open is installed",
        }
        await seen.sees("tick: 1.1.4 User acceptance  [1]")
        await seen.press("1")
        await seen.sees("do by hand, or skip: 1.1.6 Restore the stores  [enter, s]")
        assert fold_journal(journal.path).states()["data"] == "skipped"


async def test_one_is_kept_and_the_reason_is_typed_over(services: FakeServices, journal: Journal) -> None:
    async with console(services) as seen:
        await seen.press("s")
        await seen.sees("up, then space: a step that is not left out")
        await seen.press("up", "down", "space", "tab")
        await seen.type("tested tomorrow")
        assert await skips(seen, journal, "enter") == {
            "data": "tested tomorrow: no action app.data is installed",
            "open": "tested tomorrow: no action lb.open is installed",
        }
        await seen.sees("nothing here does it: 1.1.3 Check user access  [s]")


async def test_of_a_single_one_the_cause_is_the_reason_that_can_be_typed_over(
    services: FakeServices, journal: Journal
) -> None:
    async with console(services) as seen:
        await seen.at("auth")  # which is not what is next
        assert await skips(seen, journal, "s", "enter") == {"auth": "no action app.auth is installed"}


async def test_nothing_is_written_where_none_is_ticked(services: FakeServices, journal: Journal) -> None:
    async with console(services) as seen:
        await seen.press("s", "shift+tab", "space", "down", "space", "down", "space", "tab", "enter")
        await seen.sees("No step is ticked")
        assert not left_out(journal)


async def test_it_is_not_proposed_before_the_recovery_came_to_it(services: FakeServices, tmp_path: Path) -> None:
    with begun(services, tmp_path, *STEPS) as journal:
        async with console(services) as seen:
            await seen.sees("run: 1.1.1 Restore it")
            await seen.at("auth")
            assert list(await skips(seen, journal, "s", *"later", "enter")) == ["auth"]


async def test_a_step_on_a_system_that_the_inventory_lacks_is_none_to_run(
    services: FakeServices, tmp_path: Path
) -> None:
    on_it = step("check", title="Check it", action="db.check", system="db")
    other = KnownSystem(name="cache", type="cache", plays="cache", acts=["cache"])
    with begun(services, tmp_path, on_it) as journal:
        journal.append(e.InventoryRead(path="lab.yaml", sha256="ab", systems=[other]))
        async with console(services) as seen:
            await seen.sees("nothing here does it: 1.1.1 Check it", "Not available here, the inventory names no db")
            assert await skips(seen, journal, "s", "enter") == {"check": "the inventory names no db"}


async def test_digits_that_are_pressed_as_the_cursor_goes_on_tick_nothing_of_the_next_step(
    services: FakeServices, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(StepCursor, "UNREAD_S", 3_600.0)
    async with console(services) as seen:
        await skips(seen, journal, "s", "enter")
        await seen.sees("tick: 1.1.4 User acceptance  [1]")
        await seen.press("1", "1", "1", "n", *"seen", "enter")
        await seen.until(lambda: written(journal, e.NoteAdded), "the note, which comes after the ticks")
        assert not written(journal, e.ItemChecked)


@pytest.mark.parametrize("keys", [("s", "s", "enter"), ("enter", "s", "enter")])
async def test_a_key_that_came_twice_is_no_reason_and_nothing_done_by_hand(
    services: FakeServices, journal: Journal, keys: tuple[str, ...]
) -> None:
    async with console(services) as seen:
        await seen.at("data")
        await seen.press(*keys)
        await seen.sees("One letter says nothing")
        assert not left_out(journal)
        assert [body.step for body in written(journal, e.StepMarkedDone)] == ["restore"]


async def test_what_was_done_by_hand_is_said_of_one_step_alone(services: FakeServices, journal: Journal) -> None:
    async with console(services) as seen:
        await seen.at("data")
        await seen.press("enter", *"seen-by-eye", "enter")
        await seen.until(lambda: len(written(journal, e.StepMarkedDone)) > 1, "the step done by hand")
        await seen.press("n", *"after", "enter")
        await seen.until(lambda: written(journal, e.NoteAdded), "the note, which comes after all of that")
        assert [body.step for body in written(journal, e.StepMarkedDone)] == ["restore", "data"]

"""Items that the journal tells of: shown with their evidence, and without a digit."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from journal.events import types as e
from journal.incident.fold import fold_journal
from journal.store.journal import Journal
from tests.journal.stories import step
from tests.screens.app_services import FakeServices
from tests.screens.driving import console, requested, written
from tests.screens.not_here import begun

ITEMS = [{"text": "Nothing is open", "known": "nothing-open"}, "People are told"]


@pytest.fixture
def journal(services: FakeServices, tmp_path: Path) -> Iterator[Journal]:
    close = step("close", title="Get ready to close", items=ITEMS)
    with begun(services, tmp_path, close, step("verify", action="db.verify", optional=True)) as journal:
        yield journal


async def test_a_person_ticks_the_rest_and_no_digit_ticks_what_is_known(
    services: FakeServices, journal: Journal, size: tuple[int, int]
) -> None:
    async with console(services, size) as seen:
        await seen.sees("[x] Nothing is open  seen 03:11: 0 running, 0 failed", "tick: 1.1.1 Get ready to close  [2]")
        await seen.press("1", "2")
        await seen.until(lambda: fold_journal(journal.path).settled("close"), "the step done")
        assert [body.item for body in written(journal, e.ItemChecked)] == ["People are told"]
        await seen.sees("every required step is settled")


async def test_what_is_not_so_is_shown_with_what_is_open_and_stands_in_the_way(
    services: FakeServices, journal: Journal, size: tuple[int, int]
) -> None:
    async with console(services, size) as seen:
        await seen.at("verify")
        await seen.press("enter")
        await requested(seen, journal)
        await seen.at("close")
        await seen.sees("[ ] Nothing is open  seen 03:11: 1 running, 0 failed, 0 in doubt; 1.1.2")
        await seen.press("2")
        await seen.sees("put right, or skip: 1.1.1 Get ready to close (1 running, 0 failed", "[s]")
        await seen.press("m", "enter")
        assert not written(journal, e.StepMarkedDone)

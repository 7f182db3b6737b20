"""Random keys break nothing and write nothing that nobody said; sixty enters from the start neither."""

from __future__ import annotations

import asyncio

import pytest

from journal.errors import CleoError
from journal.events import types as e
from journal.store.journal import Journal, Reader
from tests.screens.app_services import FakeServices
from tests.screens.driving import console, written
from tests.screens.mashing import Masher


def _not_here(declaration: object) -> str:
    raise CleoError("Nothing is declared here.", "Press other keys.")


@pytest.mark.parametrize("seed", [1, 2])
async def test_random_keys_write_only_what_they_may(
    services: FakeServices, journal: Journal, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    monkeypatch.setattr(services, "declare", _not_here)
    async with console(services, (80, 24)) as seen:
        await Masher(seen, journal, seed).mash(250)


async def test_sixty_enters_in_three_seconds_write_nothing_that_is_not_so(
    services: FakeServices, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with console(services, (80, 24)) as seen:
        for _ in range(60):
            seen.key("enter")
            await asyncio.sleep(0.05)
        await seen.until(lambda: not seen.app._keys.waiting, "all keys handed on")
        await seen.until(lambda: written(journal, e.RunRequested), "what enter runs")
        with Reader(journal.path) as reader:
            said = {type(event.body) for event in reader.events()} - {e.IncidentDeclared}
    assert said == {e.RunRequested}

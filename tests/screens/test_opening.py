"""Opening an incident, and leaving it before it was read."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from cleo_console.app import CleoApp
from journal.store.journal import Journal
from screens.incident import startup
from screens.incident.screen import IncidentScreen
from screens.start.screen import StartScreen
from tests.screens.app_services import FakeServices
from tests.screens.driving import DEADLINE, Console


async def test_the_list_is_painted_where_an_incident_is_left_before_it_was_read(
    services: FakeServices, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers, opening = threading.Event(), services.open

    def open_slowly(*asked: Any) -> Journal:
        answers.wait(DEADLINE)
        return opening(*asked)

    monkeypatch.setattr(services, "open", open_slowly)
    monkeypatch.setattr(startup, "_UNPAINTED_S", DEADLINE)
    async with CleoApp(services, clock=services.clock).run_test(size=(120, 40)) as pilot:
        seen = Console(pilot, services)
        await seen.sees("1 incident is open")
        seen.key("enter")
        await seen.until(lambda: isinstance(seen.app.screen, IncidentScreen), "the incident")
        seen.key("escape")
        await seen.until(lambda: isinstance(seen.app.screen, StartScreen), "the list")
        answers.set()
        await seen.sees("1 incident is open")
        assert not seen.app._batch_count, "nothing is ever painted again"

"""What the console says of the runner, however it comes to know."""

from __future__ import annotations

import errno
import threading

import pytest

from journal.events import types as e
from journal.store.journal import Journal
from tests.screens.app_services import FakeServices
from tests.screens.driving import DEADLINE, console


async def test_a_runner_that_dies_as_soon_as_it_was_started_is_called_missing(
    services: FakeServices, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked = threading.Event()

    def alive(incident_id: str) -> bool:  # whoever starts it has seen it, and nobody else ever does
        if threading.current_thread().name.startswith("commands"):
            return True
        looked.set()
        return False

    monkeypatch.setattr(services, "runner_alive", alive)
    monkeypatch.setattr(services, "ensure_runner", lambda incident_id: looked.wait(DEADLINE))
    async with console(services) as seen:
        await seen.sees("NO RUNNER")


async def test_a_folder_that_cannot_be_opened_is_said_and_the_console_follows_on(
    services: FakeServices, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(incident_id: str) -> bool:
        raise OSError(errno.EIO, "Input/output error", "/incidents/here")

    async with console(services) as seen:
        with monkeypatch.context() as away:
            away.setattr(services, "runner_alive", gone)
            await seen.sees("what you see is old", "Input/output error")
        await seen.no_longer_sees("what you see is old")
        journal.append(e.StepSkipped(step="check", reason="seen again"), actor="ben@laptop")
        await seen.sees("seen again")

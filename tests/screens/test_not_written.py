"""What could not be written: it is said when nothing else is asked, and concerns nothing but itself."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from journal import events as e
from journal.desk import Desk
from journal.store import Journal
from journal.store_errors import JournalWriteFailed
from screens.dialog import Dialog
from tests.screens.driving import DEADLINE, Console, console, written
from tests.screens.host import FakeHost


class Failing:
    """A write that fails when the test lets it."""

    def __init__(self) -> None:
        self.now = threading.Event()

    def __call__(self, desk: Desk) -> None:
        self.now.wait(DEADLINE)
        raise JournalWriteFailed("The disk is full.", "Free some space.")


@pytest.fixture
def failing() -> Iterator[Failing]:
    failing = Failing()
    yield failing
    failing.now.set()


async def open_incident(seen: Console) -> None:
    await seen.until(lambda: seen.host.runner_starts == 1, "the runner started")


async def test_a_failed_write_lets_no_other_be_asked_for_twice(
    host: FakeHost, journal: Journal, failing: Failing, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = threading.Event()
    async with console(host) as seen:
        await open_incident(seen)
        monkeypatch.setattr(host, "ensure_runner", lambda incident_id: slow.wait(DEADLINE))
        session = seen.incident_screen.session
        session.write("some note", failing)
        await seen.press("enter")  # asks for a run, behind it
        failing.now.set()
        await seen.sees("Not done: some note")
        await seen.press("enter", "enter")
        slow.set()
        ended: list[e.Event] = []
        session.write("the end", lambda desk: desk.note("the end"), ended.append)
        await seen.until(lambda: ended, "the end")
        assert len(written(journal, e.RunRequested)) == 1
        assert not isinstance(seen.app.screen, Dialog), "a second request was made, and refused"

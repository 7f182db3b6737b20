"""A console that is given the incident as somebody read it before: what happens meanwhile, and what cannot be done."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing

import pytest

from cleo_console.app import CleoApp
from cleo_console.first_look import known_incident
from journal.events import types as e
from journal.store import schema
from journal.store.errors import JournalWriteFailed
from journal.store.journal import Journal
from tests.journal.journals import STEP, make_older
from tests.screens.app_services import INCIDENT, FakeServices, PlayedRunner, declaration
from tests.screens.driving import Console

NOTES = 1_500


@asynccontextmanager
async def known_console(
    services: FakeServices, meanwhile: Callable[[], object] = lambda: None, *, read: bool = True
) -> AsyncIterator[Console]:
    """Open the console as `cleo open` does, or (``read`` is False) as the list of incidents does."""
    known = known_incident(services.paths.incident(INCIDENT)) if read else None
    meanwhile()
    async with CleoApp(services, INCIDENT, known=known, clock=services.clock).run_test(size=(120, 40)) as pilot:
        yield Console(pilot, services)


async def test_what_is_written_between_reading_and_following_is_taken_in_once(
    services: FakeServices, journal: Journal, runner: PlayedRunner
) -> None:
    def meanwhile() -> None:
        (asked,) = journal.append(e.RunRequested(step="check", action="status.check"))
        runner.start(asked.seq, step="check", action="status.check")
        journal.append(*(e.NoteAdded(text=f"note {n}") for n in range(NOTES)))

    async with known_console(services, meanwhile) as seen:
        await seen.sees("▶ running", "1 running")
        await seen.until(lambda: seen.incident_screen.session.state.notes == NOTES, "all notes")
        journal.append(e.NoteAdded(text="one more"))
        await seen.until(lambda: seen.incident_screen.session.state.notes == NOTES + 1, "the last note")


@pytest.mark.parametrize("read", [True, False])
async def test_a_journal_that_nobody_can_write_to_is_said_and_can_be_read(
    services: FakeServices, journal: Journal, monkeypatch: pytest.MonkeyPatch, read: bool
) -> None:
    def refuse(*asked: object) -> Journal:
        raise JournalWriteFailed("The journal cannot be written: its disk is read-only.", "Mount it for writing.")

    monkeypatch.setattr(services, "open", refuse)
    async with known_console(services, read=read) as seen:
        await seen.sees("Not done: start the runner", "read-only", "Mount it")
        await seen.press("enter")
        await seen.sees("NOT WRITTEN: start the runner", "○ Check system status")
        await seen.press("t")
        await seen.sees("conversations unreachable", "Timeline")


async def test_no_stale_copy_is_shown_of_a_journal_that_an_older_version_still_writes_to(
    services: FakeServices, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(schema, "STEPS", (STEP,))
    services.begin(INCIDENT, declaration()).close()
    path = services.paths.incident(INCIDENT).journal
    make_older(path)
    with closing(sqlite3.connect(path)) as older:
        older.execute("PRAGMA journal_mode = WAL")
        assert older.execute("SELECT count(*) FROM events").fetchone() == (1,)
        async with known_console(services) as seen:
            await seen.sees("This incident cannot be opened", "older version", "End its consoles")

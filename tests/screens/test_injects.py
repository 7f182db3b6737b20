"""What an exercise told people: NEXT names the key of the note that answers it, and goes on where an action does."""

from __future__ import annotations

from typing import Any

from journal.events import types as e
from journal.store.journal import Journal
from tests.screens.app_services import FakeServices
from tests.screens.driving import console, written

ASKED = "The storage team asks what its clean-up must keep."


def give(journal: Journal, answered_by: list[str]) -> None:
    script: dict[str, Any] = {
        "title": "Tabletop",
        "injects": [{"id": "keep", "text": ASKED, "answered_by": answered_by}],
    }
    journal.append(e.ExerciseBegan(exercise=script))
    journal.append(e.InjectGiven(inject="keep", text=ASKED))


async def test_next_asks_for_a_note_on_what_waits_for_one_and_then_goes_on(
    services: FakeServices, journal: Journal, size: tuple[int, int]
) -> None:
    async with console(services, size) as seen:
        before = seen.shown("#next")
        give(journal, ["action:db.fence", "note"])
        await seen.sees("NEXT  answer what you were told", "[n]")
        await seen.press("n")
        await seen.sees("what you do about it", ASKED[:30])
        await seen.type("old directories")
        await seen.press("enter")
        await seen.until(lambda: written(journal, e.NoteAdded), "the note")
        assert written(journal, e.NoteAdded) == [e.NoteAdded(text="old directories")]
        journal.append(e.InjectAnswered(inject="keep", how="note"))
        await seen.until(lambda: seen.shown("#next") == before, "what is next in the recovery")


async def test_what_only_an_action_answers_is_in_sight_and_next_goes_on_with_the_recovery(
    services: FakeServices, journal: Journal
) -> None:
    async with console(services) as seen:
        before = seen.shown("#next")
        give(journal, ["action:db.fence"])
        await seen.sees("EXERCISE", "not answered")
        assert seen.shown("#next") == before

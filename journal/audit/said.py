"""What people noted in words that the pack knows: that a test was held, or that a notice went out.

Such a note begins with the word, the test's or clock's title as the plan has it, and a colon:
``Test Multi-region coordination test: played with both teams``, ``Notice GDPR: sent to the authority, case 4711``,
``No notice GDPR: no personal data were in it, decided by the officer``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from journal.events import types as e
from journal.incident.late import happened_at

if TYPE_CHECKING:
    from journal.store.journal import Reader

_TEST, _NOTICE, _NO_NOTICE = "test ", "notice ", "no notice "


class Said(NamedTuple):
    """A note: when it happened by its words, who wrote it, what it says, and when it was written."""

    at: datetime
    by: str
    text: str
    written_at: datetime


def notes_of(reader: Reader) -> list[Said]:
    """Return all notes of a journal.

    Raises:
        JournalError: they cannot be read.
    """
    return [
        Said(happened_at(event.body) or event.at, event.actor, event.body.text, event.at)
        for event in reader.events(types=("note.added",))
        if isinstance(event.body, e.NoteAdded)
    ]


def said_of_tests(notes: Iterable[Said]) -> list[str]:
    """Return the titles of the tests that people noted as held, in lower case."""
    return [_title(note.text, _TEST) for note in notes if _title(note.text, _TEST)]


def said_of_notices(notes: Iterable[Said]) -> Iterator[tuple[str, Said]]:
    """Yield the title of a clock, in lower case, and the note which says that its notice went out."""
    for note in notes:
        if title := _title(note.text, _NOTICE):
            yield title, note


def said_of_no_notice(notes: Iterable[Said]) -> Iterator[tuple[str, Said]]:
    """Yield the title of a clock, in lower case, and the note which says why no notice is needed."""
    for note in notes:
        if title := _title(note.text, _NO_NOTICE):
            yield title, note


def marked_at(reader: Reader) -> dict[str, datetime]:
    """Return when each step was marked done last, by the clock of whoever wrote that: its own time is their word.

    Raises:
        JournalError: the journal cannot be read.
    """
    return {
        event.body.step: event.at
        for event in reader.events(types=("step.marked_done",))
        if isinstance(event.body, e.StepMarkedDone)
    }


def _title(text: str, word: str) -> str:
    head, colon, _ = text.partition(":")
    head = " ".join(head.lower().split())
    return head.removeprefix(word) if colon and head.startswith(word) else ""

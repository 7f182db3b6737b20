"""The desk's thread: opened when something is first written, and closed where that never happened."""

from __future__ import annotations

import threading

import pytest

from journal.events import types as e
from journal.store.errors import JournalWriteFailed
from journal.store.journal import Journal
from screens.live.command_queue import CommandQueue
from tests.screens.app_services import INCIDENT, FakeServices
from tests.screens.driving import written

WITHIN_S = 20.0


def note(writing: CommandQueue, text: str) -> object:
    return writing.submit(lambda desk: desk.note(text)).result(WITHIN_S)


def test_a_journal_whose_disk_hangs_keeps_no_other_from_being_opened(services: FakeServices, journal: Journal) -> None:
    hangs, asked = threading.Event(), threading.Event()

    def hanging() -> Journal:
        asked.set()
        hangs.wait(WITHIN_S)
        raise JournalWriteFailed("The disk does not answer.")

    stuck, well = CommandQueue(journal.path, hanging), CommandQueue(journal.path, lambda: services.open(INCIDENT))
    try:
        lost = stuck.submit(lambda desk: desk.note("never written"))
        assert asked.wait(WITHIN_S)
        well.submit(lambda desk: desk.note("written")).result(WITHIN_S / 4)
    finally:
        hangs.set()
        stuck.close()
        well.close()
    with pytest.raises(JournalWriteFailed):
        lost.result(WITHIN_S)
    assert [body.text for body in written(journal, e.NoteAdded)] == ["written"]


def test_what_could_not_be_opened_is_tried_again_with_the_next_word(services: FakeServices, journal: Journal) -> None:
    answers = [JournalWriteFailed("The disk is full."), services.open(INCIDENT)]

    def opened() -> Journal:
        answer = answers.pop(0)
        if isinstance(answer, JournalWriteFailed):
            raise answer
        return answer

    writing = CommandQueue(journal.path, opened)
    with pytest.raises(JournalWriteFailed):
        note(writing, "lost")
    note(writing, "one")
    note(writing, "two")
    writing.close()
    assert [body.text for body in written(journal, e.NoteAdded)] == ["one", "two"]


def test_what_was_never_written_to_is_never_opened(journal: Journal) -> None:
    opened = threading.Event()

    def open_journal() -> Journal:
        opened.set()
        raise AssertionError

    writing = CommandQueue(journal.path, open_journal)
    writing.close()
    for thread in threading.enumerate():
        if thread.name.startswith("commands"):
            thread.join(WITHIN_S)
    assert not opened.is_set()

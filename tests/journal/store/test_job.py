"""A queued write, and its caller."""

from __future__ import annotations

from concurrent.futures import Future
from typing import Any

from journal.store.job import Job
from journal.store.journal import JournalWriteFailed


class GivesUpNow(Future[Any]):
    """The future of a caller who gives up right behind whoever looks whether it still listens."""

    def done(self) -> bool:
        listened = super().done()
        self.cancel()
        return listened


def test_a_caller_who_gives_up_as_its_write_fails_does_not_end_the_writing_for_all() -> None:
    job = Job(lambda conn: None, rows=1)
    job.future = GivesUpNow()
    job.fail(JournalWriteFailed("The disk is full."))
    assert job.future.done()

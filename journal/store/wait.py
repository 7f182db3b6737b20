"""Waits for the result of a queued write, and says who holds the journal meanwhile."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from journal.store.errors import JournalBusy, JournalUnanswered
from journal.store.holders import SAID_AFTER_S
from journal.store.job import Job


class Wait:
    """Waits for jobs of one writer, for a limited time.

    Args:
        path: the journal's first file, for messages.
        patience: seconds to wait until a job is begun, and once more until it is done.
        holders: returns the names of the processes that hold the journal; empty where none is seen.
        waiting: called with those names once a caller has waited for a second, and with an empty text afterwards.
    """

    def __init__(self, path: Path, patience: float, holders: Callable[[], str], waiting: Callable[[str], None]) -> None:
        self._path = path
        self._patience = patience
        self._holders = holders
        self._waiting = waiting

    def result(self, job: Job) -> Any:
        """Return the result of a job once it is done.

        Raises:
            JournalBusy: it was not begun in time; it is cancelled.
            JournalUnanswered: it was begun, and the disk does not answer.
            JournalError: what the job raised.
        """
        with contextlib.suppress(TimeoutError):
            return job.future.result(min(SAID_AFTER_S, self._patience))
        self._waiting(self._names())
        try:
            return self._until_begun(job)
        finally:
            self._waiting("")

    def _until_begun(self, job: Job) -> Any:
        try:
            return job.future.result(max(0.0, self._patience - SAID_AFTER_S))
        except TimeoutError:
            if job.future.cancel():
                raise JournalBusy(
                    f"The journal {self._path} is held for {self._patience:g} s by {self._names()}; "
                    "nothing was written.",
                    "See what it does, end it if it does nothing, then do it again.",
                ) from None
        return self._until_done(job)

    def _until_done(self, job: Job) -> Any:
        """Return the result of a job that was begun, and so cannot be cancelled any more."""
        try:
            return job.future.result(self._patience)
        except TimeoutError:
            raise JournalUnanswered(
                f"The disk under the journal {self._path} does not answer; it may or may not be written yet.",
                "Look at the disk (dmesg), and at the journal's last events before you do it again.",
                partial(self._until_done, job),
            ) from None

    def _names(self) -> str:
        return self._holders() or "nobody that we can see; the disk may not answer"

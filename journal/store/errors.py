"""Errors of a journal's file, each with what a responder can do next."""

from __future__ import annotations

from collections.abc import Callable

from journal.errors import CleoError


class JournalError(CleoError):
    """Something is wrong with a journal's file."""


class JournalNotFound(JournalError):
    """There is no file at this path."""


class JournalExists(JournalError):
    """A new journal or export would have replaced a file."""


class NotAJournal(JournalError):
    """The file is something else."""


class NewerJournal(JournalError):
    """The file was written by a newer version of this program."""


class NetworkFilesystem(JournalError):
    """SQLite's locks cannot be relied on where this file is."""


class JournalWriteFailed(JournalError):
    """A write failed: nothing of it is acknowledged."""


class JournalBusy(JournalWriteFailed):
    """Another process held the journal for too long; nothing was written."""


class JournalUnanswered(JournalWriteFailed):
    """The disk does not answer, so that nobody knows yet whether it was written. A second attempt may write it twice.

    Args:
        message: what happened.
        hint: what to do next.
        settle: waits for the same write; returns once it is on the disk, and raises a JournalError otherwise.
    """

    def __init__(self, message: str, hint: str, settle: Callable[[], object]) -> None:
        super().__init__(message, hint)
        self._settle = settle

    def settle(self) -> None:
        """Go on waiting for the same write; return once it is on the disk.

        Raises:
            JournalError: it was not written after all, or (JournalUnanswered) that is still not known.
        """
        self._settle()


class JournalReadFailed(JournalError):
    """The file is there, and SQLite cannot read it."""


class JournalDamaged(JournalReadFailed):
    """A row, or the file, is not what this program wrote."""


class SegmentMissing(JournalReadFailed, JournalWriteFailed):
    """A journal continues in another segment, or is continued from one, and that file is not there."""


class AlreadyStarted(JournalError):
    """A run has exactly one ``action.started``; this would have been a second one."""


KEEP_AS_IT_IS = "Keep the file as it is, and see `cleo journal verify` for what was altered."
"""What to do about a journal that is not what this program wrote."""

"""Errors of running a program. Their class decides how the step ends."""

from __future__ import annotations

from journal.errors import CleoError


class NothingStarted(CleoError):
    """The program never ran, and will not: the step failed, and nothing happened."""


class Unreachable(NothingStarted):
    """The host could not be reached at all."""


class NotLetIn(Unreachable):
    """The host answered, and the way in is shut: it does not know our key, or shows one that we do not know."""


class ProgramMissing(NothingStarted):
    """The host has no such program, or the account may not run it."""


class AlreadyStarted(CleoError):
    """The spool belongs to a program that was started before, or was given up: nothing new was started."""


class DeadlineExceeded(CleoError):
    """A program took longer than it was allowed to, and was ended."""


class ProgramLost(CleoError):
    """It cannot be known how a program ended: the step becomes in doubt.

    Args:
        message: what happened, and to what.
        what_is_known: facts for the person who decides, such as whether its process is still there.
    """

    def __init__(self, message: str, what_is_known: str) -> None:
        super().__init__(message, what_is_known)
        self.what_is_known = what_is_known


class TransportLost(CleoError):
    """The link broke while something may be going on at the other end: in doubt, never failed."""


class FileTrouble(CleoError):
    """A file on a host cannot be read or written."""


class FileMissing(FileTrouble):
    """A file on a host is not there."""


NOT_REACHED = (Unreachable, TransportLost, DeadlineExceeded)
"""How a host fails to be reached while it is only looked at: it may be dead, cut off, or slow."""

"""Calls that are noted at the step by their items' numbers: called, then answered, each with one key."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic
from typing import TYPE_CHECKING

from journal.errors import CleoError
from journal.events.types import Event
from screens.live.session import Session

if TYPE_CHECKING:
    from journal.commands.review import ReviewCommands

HELD_S = 0.8
"""Seconds within which the same key is a held or doubled one: nobody is called and answers in less."""


class CallKeys:
    """Notes at once what comes next with a level: its call, then its answer. The contacts ask how, and who.

    Args:
        session: the incident.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._pressed: dict[str, float] = {}
        self._seqs: dict[str, int] = {}
        """By level: the event that was written last, or 0 while it is being written."""

    def note_next(self, level: str) -> None:
        """Note that a level was called, or has answered; nothing for a held key, or while the last is not shown yet."""
        last, now = self._pressed.get(level), monotonic()
        self._pressed[level] = now
        if (last is not None and now - last < HELD_S) or self._pending(level):
            return
        call = self._session.state.review.calls.get(level)
        if call is None:
            self._write(level, f"note that {level} was called", lambda commands: commands.page(level))
        elif call.answered_at is None:
            self._write(level, f"note that {level} has answered", lambda commands: commands.acknowledge(level))

    def take_back(self, level: str) -> None:
        """Take back what was noted last of a level."""
        if not self._pending(level):
            self._write(level, f"take back the call of {level}", lambda commands: commands.take_call_back(level))

    def _pending(self, level: str) -> bool:
        seq = self._seqs.get(level)
        return seq is not None and not 0 < seq <= self._session.state.seq

    def _write(self, level: str, what: str, call: Callable[[ReviewCommands], Event]) -> None:
        self._seqs[level] = 0

        def written(event: Event) -> None:
            self._seqs[level] = event.seq

        def failed(error: CleoError) -> None:
            del self._seqs[level]
            self._session.post_failure(what, error)

        self._session.review(what, call, written, failed)

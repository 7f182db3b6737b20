"""What was not done and not told yet. It is told when people have ended what they are at, and never forgotten."""

from __future__ import annotations

from collections import deque
from functools import partial

from textual.screen import ModalScreen, Screen

from journal.errors import CleoError
from screens.takes_typing import takes_text
from screens.too_small import TooSmall

_LOOK_AGAIN_S = 0.1


class Untold:
    """Failures that wait for a free screen: a dialog over another takes its keys, and its enter closes it unseen.

    Args:
        owner: the screen of the incident; where that is left, the failures are told on the one that comes.
    """

    def __init__(self, owner: Screen[None]) -> None:
        self._owner = owner
        self._waiting: deque[tuple[str, CleoError, str]] = deque()

    def add(self, what: str, error: CleoError, kind: str) -> None:
        """Have it told that ``what``, in an incident of this ``kind``, was not done."""
        self._waiting.append((what, error, kind))
        if len(self._waiting) == 1:
            self._look()

    def close(self) -> None:
        """Tell all of it now: the owner is left."""
        while self._waiting and self._owner.app.is_running:
            self._tell(*self._waiting.pop())

    def _look(self, before: Screen[object] | None = None) -> None:
        """Tell one where the screen is free at two looks: then nothing that was typed ahead is about to open a dialog.

        Args:
            before: the screen that was free at the last look.
        """
        free = None if self._occupied else self._owner.app.screen
        if free and free is before:
            self._tell(*self._waiting.popleft())
            free = None
        if self._waiting and self._owner.is_attached:
            self._owner.set_timer(_LOOK_AGAIN_S, partial(self._look, free))

    def _tell(self, what: str, error: CleoError, kind: str) -> None:
        from screens.dialog import Problem

        self._owner.app.push_screen(Problem(f"Not done: {what}", error.message, error.hint, kind))

    @property
    def _occupied(self) -> bool:
        """Whether something is asked, or typed, or nothing can be shown at all."""
        app = self._owner.app
        return takes_text(app.focused) or isinstance(app.screen, ModalScreen | TooSmall)

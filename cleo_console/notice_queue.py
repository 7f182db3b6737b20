"""Queues notices until no dialog is open and no field has the focus."""

from __future__ import annotations

from collections import deque
from functools import partial
from typing import Any

from textual.app import App
from textual.screen import ModalScreen, Screen

from screens.live.lifetime import is_open
from screens.live.notices import Notice, print_notice
from screens.pages.too_small import TooSmall
from screens.widgets.typing_target import takes_text

_LOOK_AGAIN_S = 0.1


class NoticeQueue:
    """Queues notices until no dialog is open and no field has the focus.

    A dialog that opened over another one would take its keys, and its enter would close it unseen.

    Args:
        app: where the notices are shown.
    """

    def __init__(self, app: App[Any]) -> None:
        self._app = app
        self._waiting: deque[Notice] = deque()

    def add(self, notice: Notice) -> None:
        """Show a notice as soon as no dialog is open and no field has the focus."""
        self._waiting.append(notice)
        if len(self._waiting) == 1:
            self._look()

    def print_the_rest(self) -> None:
        """Print the notices that were not shown to standard error, after the console has ended."""
        while self._waiting:
            print_notice(self._waiting.popleft().words)

    def _look(self, before: Screen[Any] | None = None) -> None:
        """Show one notice where the screen is free at two looks: then no key that was typed ahead opens a dialog.

        Args:
            before: the screen that was free at the last look.
        """
        if self._ending:
            return
        free = None if self._occupied else self._app.screen
        if free and free is before:
            self._waiting.popleft().show()
            free = None
        if self._waiting:
            self._app.set_timer(_LOOK_AGAIN_S, partial(self._look, free))

    @property
    def _ending(self) -> bool:
        """Whether the console is being left: what still waits is printed after it."""
        return not self._app.screen_stack or not is_open(self._app.screen)

    @property
    def _occupied(self) -> bool:
        """Whether something is asked, or typed, or nothing can be shown at all."""
        return takes_text(self._app.focused) or isinstance(self._app.screen, ModalScreen | TooSmall)

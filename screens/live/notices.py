"""What people must see and have not seen yet: told when they have ended what they are at, and never forgotten."""

from __future__ import annotations

import atexit
import sys
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import Any

from textual.app import App
from textual.message import Message
from textual.screen import ModalScreen, Screen

from journal.errors import CleoError
from journal.wording.sanitize import sanitize
from screens.live.left import is_left
from screens.live.post import post_if_running
from screens.pages.too_small import TooSmall
from screens.widgets.typing_target import takes_text

_LOOK_AGAIN_S = 0.1
_OUR_MISTAKE = (
    "This is a mistake in the program, not yours. The journal is whole. Try again; else go on with cleo run, or by "
    "hand and mark the step done."
)


class Notice(Message):
    """Something that people must see, whichever screen they are on by then.

    Args:
        show: shows it.
        words: the same as a line, for after the console has ended; empty: it can be done without there.
    """

    def __init__(self, show: Callable[[], object], words: str = "") -> None:
        super().__init__()
        self.show = show
        self.words = words


class NoticeQueue:
    """What waits for a free screen: a dialog over another takes its keys, and its enter closes it unseen."""

    def __init__(self, app: App[Any]) -> None:
        self._app = app
        self._waiting: deque[Notice] = deque()

    def add(self, news: Notice) -> None:
        """Have it told as soon as nobody is in the middle of something."""
        self._waiting.append(news)
        if len(self._waiting) == 1:
            self._look()

    def say_the_rest(self) -> None:
        """Say on standard error what nobody has seen: the console has ended."""
        while self._waiting:
            _say(self._waiting.popleft().words)

    def _look(self, before: Screen[Any] | None = None) -> None:
        """Tell one where the screen is free at two looks: then nothing that was typed ahead is about to open a dialog.

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
        """Whether the console is being left: what waits still is said after it."""
        return not self._app.screen_stack or is_left(self._app.screen)

    @property
    def _occupied(self) -> bool:
        """Whether something is asked, or typed, or nothing can be shown at all."""
        return takes_text(self._app.focused) or isinstance(self._app.screen, ModalScreen | TooSmall)


def as_known(error: BaseException) -> CleoError:
    """Return an error as it can be told: with what to do next."""
    return error if isinstance(error, CleoError) else CleoError(f"{type(error).__name__}: {error}", _OUR_MISTAKE)


def tell_failure(app: App[Any], what: str, error: CleoError, kind: str) -> None:
    """Have people told that ``what``, in an incident of this ``kind``, was not done; from any thread, at any time."""

    def show() -> None:
        from screens.dialogs.dialog import Problem

        app.push_screen(Problem(f"Not done: {what}", error.message, error.hint, kind))

    news = Notice(show, f"Not done: {what}. {error.message} {error.hint}")
    if not post_if_running(app, news):  # the console has ended, and the terminal may still be its own
        atexit.register(_say, news.words)


def _say(words: str) -> None:
    if words:
        print(sanitize(words), file=sys.__stderr__)

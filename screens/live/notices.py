"""Notices: what people must see, whichever screen they are on by then."""

from __future__ import annotations

import atexit
import sys
from collections.abc import Callable
from typing import Any

from textual.app import App
from textual.message import Message

from journal.errors import CleoError
from journal.wording.sanitize import sanitize
from screens.lazy import push
from screens.live.lifetime import post_if_running

_OUR_MISTAKE = (
    "This is a mistake in the program, not yours. The journal is whole. Try again; else go on with cleo run, or by "
    "hand and mark the step done."
)


class Notice(Message):
    """Something that people must see. The app shows it when no dialog is open and no field has the focus.

    Args:
        show: shows it.
        words: the same as a line, for after the console has ended; empty: it can be done without there.
    """

    def __init__(self, show: Callable[[], object], words: str = "") -> None:
        super().__init__()
        self.show = show
        self.words = words


def as_cleo_error(error: BaseException) -> CleoError:
    """Return an error with what to do next; one that nobody foresaw is named as a mistake of the program."""
    return error if isinstance(error, CleoError) else CleoError(f"{type(error).__name__}: {error}", _OUR_MISTAKE)


def post_failure(app: App[Any], what: str, error: CleoError, kind: str) -> None:
    """Post the notice that something was not done; from any thread, at any time.

    Args:
        app: the console. Where it has ended, the notice is printed when the program ends.
        what: what was not done.
        error: why.
        kind: the incident's kind.
    """

    def show() -> None:
        push(app, "problem", f"Not done: {what}", error.message, error.hint, kind)

    notice = Notice(show, f"Not done: {what}. {error.message} {error.hint}")
    if not post_if_running(app, notice):  # the console has ended, and the terminal may still be its own
        atexit.register(print_notice, notice.words)


def print_notice(words: str) -> None:
    """Print a notice to standard error; nothing for one that can be done without."""
    if words:
        print(sanitize(words), file=sys.__stderr__)

"""A terminal of lines: lines go out, lines come in. Ctrl+C takes a question back, and does not end the program."""

from __future__ import annotations

import codecs
import os
import selectors
import signal
import textwrap
import time
from collections.abc import Callable, Sequence
from types import FrameType
from typing import Self, TextIO

from journal.wording.sanitize import sanitize

POLL_S = 0.25
UNREAD_S = 0.5
"""Seconds until a question can have been read."""
_IN_ASCII = {"→": "->", "—": "-", "–": "-", "…": "...", "·": "-", "█": "#", "░": "."}


class InputEnded(Exception):
    """The input has ended: nobody will answer any more."""


class TakenBack(Exception):
    """The person took a question back, with Ctrl+C or a dot."""


def _in_ascii(error: UnicodeError) -> tuple[str, int]:
    """Encode what a terminal's character set lacks as something that can be read there."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    lacking = error.object[error.start : error.end]
    return "".join(_IN_ASCII.get(char, "?") for char in lacking), error.end


codecs.register_error("in-ascii", _in_ascii)


class LineTerminal:
    """Says lines and asks for them. Use it as a context manager, in the main thread: it takes over Ctrl+C.

    Args:
        answers: the file descriptor that answers come from: a terminal or a pipe.
        out: where lines go.
        width: columns at which words are wrapped.
    """

    def __init__(self, answers: int, out: TextIO, width: int) -> None:
        self._answers = answers
        self._out = out
        self._width = max(20, width)
        self._typed = bytearray()
        self._ended = False
        self._taken_back = False
        self._echoes = not os.isatty(answers)

    def __enter__(self) -> Self:
        self._woken, self._waker = os.pipe()
        os.set_blocking(self._waker, False)
        self._before = signal.signal(signal.SIGINT, self._take_back)
        self._wakeup_before = signal.set_wakeup_fd(self._waker, warn_on_full_buffer=False)
        return self

    def __exit__(self, *_: object) -> None:
        signal.set_wakeup_fd(self._wakeup_before)
        signal.signal(signal.SIGINT, self._before)
        os.close(self._woken)
        os.close(self._waker)

    def _take_back(self, number: int, frame: FrameType | None) -> None:
        """Remember it for later: a command that is being written now must be written whole."""
        self._taken_back = True

    def say(self, *lines: str) -> None:
        """Print lines, wrapped at words, with nothing in them that a terminal would act on."""
        for line in lines:
            for one in line.splitlines() or [""]:
                self._out.write("\n".join(self._wrapped(one)) + "\n")
        self._out.flush()

    def _wrapped(self, line: str) -> list[str]:
        line = sanitize(line).rstrip()
        indent = " " * (len(line) - len(line.lstrip()) + 2)
        return textwrap.wrap(
            line, self._width, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
        ) or [""]

    def ask(self, prompt: str, meanwhile: Callable[[], bool] = lambda: False, *, unread: bool = False) -> str:
        """Ask, and return the line that is answered, without the blanks around it.

        Args:
            prompt: the question.
            meanwhile: called a few times a second while nobody answers; returns whether it said something, and then
                the question is asked again.
            unread: whether a person cannot have read the question at once: an empty line that comes too soon, or was
                typed before it was asked, is no answer to it.

        Raises:
            InputEnded: the input has ended.
            TakenBack: Ctrl+C.
        """
        self._prompt(prompt)
        read_at = time.monotonic() + UNREAD_S
        while (answer := self._line()) is None or (unread and self._blind(answer, read_at)):
            if answer is not None:
                self.say("One moment: read it first.")
                self._prompt(prompt)
                continue
            self._wait(POLL_S, for_answers=True)
            if b"\n" not in self._typed and not self._ended and meanwhile():
                self._prompt(prompt)
        if self._echoes:
            self.say(answer)
        return answer

    def _blind(self, answer: str, read_at: float) -> bool:
        """Return whether a person pressed enter before the question could have been read. A script reads nothing."""
        return not answer and not self._echoes and time.monotonic() < read_at

    def pause(self, seconds: float) -> None:
        """Wait, without listening to anything but Ctrl+C.

        Raises:
            TakenBack: Ctrl+C.
        """
        self._wait(seconds, for_answers=False)

    def new_line(self) -> None:
        """Leave the line on which a prompt stands."""
        self._out.write("\n")
        self._out.flush()

    def _prompt(self, prompt: str) -> None:
        *before, last = sanitize_prompt(prompt)
        self.say(*before)
        self._out.write(f"{last} ")
        self._out.flush()

    def _line(self) -> str | None:
        """Return the next whole line, or what is left at the end of the input."""
        line, newline, rest = self._typed.partition(b"\n")
        if not newline:
            if not self._ended:
                return None
            if not line:
                self.new_line()
                raise InputEnded
        self._typed = rest
        return sanitize(line.decode("utf-8", errors="replace")).strip()

    def _wait(self, seconds: float, *, for_answers: bool) -> None:
        end = time.monotonic() + seconds
        while True:
            self._check()
            wanted = [self._woken, *([self._answers] if for_answers else [])]
            ready = _readable(wanted, max(0.0, end - time.monotonic()))
            if self._woken in ready:
                os.read(self._woken, 4096)
                continue
            if self._answers in ready:
                self._take()
            return

    def _check(self) -> None:
        if self._taken_back:
            self._taken_back = False
            self.new_line()
            raise TakenBack

    def _take(self) -> None:
        try:
            some = os.read(self._answers, 65536)
        except OSError:
            some = b""  # the terminal was hung up
        self._typed += some
        self._ended = not some


def _readable(descriptors: Sequence[int], timeout_s: float) -> set[int]:
    """Wait until one of them can be read, at most so long; return those that can.

    With poll: select takes no descriptor above 1,023, and epoll takes no file that answers are redirected from.
    """
    with selectors.PollSelector() as selector:
        for descriptor in descriptors:
            selector.register(descriptor, selectors.EVENT_READ)
        return {key.fd for key, _ in selector.select(timeout_s)}


def sanitize_prompt(prompt: str) -> list[str]:
    """Return a prompt's lines, harmless; at least one."""
    return [sanitize(line) for line in prompt.splitlines()] or [""]

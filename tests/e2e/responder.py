"""A responder who is half asleep: reads NEXT, presses the key it names, answers what is asked with what is offered."""

from __future__ import annotations

import re
from contextlib import suppress

from tests.e2e.terminal import Terminal

_CLOCK = re.compile(r"\d\d:\d\d:\d\d|[0-9a-f]{4}-[0-9a-f]{4}")
_ASKED = re.compile(r"to go on, type\s+(\S+)")
_TICKS = re.compile(r"\[(\d)(?:-\d)?\]")
_UNTICKED = re.compile(r"(\d) \[ \] ")
_LEAVING = re.compile(r"all the same, type\s+(\d+ open)")
_MOST_KEYS = 400
_LOOKS = 4


class Responder:
    """Works one incident through the console's screen and keys, and knows nothing else.

    Args:
        terminal: the console, open on the incident.
    """

    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal
        self.next_lines: list[str] = []

    def follow_next_to_the_end(self) -> None:
        """Do what NEXT says until it says that the incident can be closed."""
        for _ in range(_MOST_KEYS):
            screen = self._steady()
            if "x: close the incident" in screen:
                return
            self._settled(screen)
            if "Understood (enter)" in screen:
                self._leave("Enter", sign="Understood (enter)")
            elif "(esc)" in screen:
                self._answer(screen)
            elif "wait for what is running" in screen:
                self._terminal.until(lambda s: "wait for what is running" not in s, 120)
            else:
                self._press(screen)
        raise AssertionError(f"not at the end after {_MOST_KEYS} keys\n{self._terminal.screen()}")

    def _steady(self) -> str:
        """Return the screen once it has stopped changing: nobody answers what is still being drawn."""
        last, same = "", 0

        def steady(screen: str) -> bool:
            nonlocal last, same
            same = same + 1 if _still(screen) == last else 0
            last = _still(screen)
            return same >= _LOOKS and any(sign in screen for sign in ("NEXT", "(esc)", "(enter)"))

        return self._terminal.until(steady)

    def close(self, words: str) -> None:
        """Close the incident."""
        self._terminal.keys("x")
        self._terminal.until("(esc)")
        self._terminal.type(words)
        screen = self._terminal.until(words)
        self._terminal.keys("Enter")
        if leaving := _LEAVING.search(screen):
            self._terminal.type(leaving[1])
            self._terminal.until(lambda now: now.count(leaving[1]) > 1)
            self._terminal.keys("Enter")
        self._terminal.until("the incident is closed")

    def _press(self, screen: str) -> None:
        """Press the key that NEXT names, unless the screen says something else by now: then it is looked at anew."""
        line = _next(screen)
        if _says_else(self._terminal.screen(), line):
            return
        self.next_lines.append(line.removeprefix(" NEXT").strip())
        if "s skip," in line and "[enter]" in line:
            self._skip()
            return
        if ticks := _TICKS.search(line):
            open_items = _UNTICKED.findall(screen)
            self._terminal.keys(open_items[0] if open_items else ticks[1])
        else:
            self._terminal.keys("g" if "[g: go there]" in line else "Enter")

        def answered(now: str) -> bool:
            ticked = "tick:" in line and _still(now) != _still(screen)
            return ticked or _says_else(now, line)

        with suppress(AssertionError):  # a key that came before the focus did is pressed again, as people do
            self._terminal.until(answered, 8)

    def _skip(self) -> None:
        self._terminal.keys("s")
        self._terminal.until("Skip: ")
        self._fill("known, and running it again does not mend it")
        self._leave("Enter")

    def _answer(self, screen: str) -> None:
        if asked := _ASKED.search(screen):
            self._fill(asked[1])
            self._terminal.keys("Enter")
            self._leave("Enter")
        elif "dry run (changes nothing)" in screen or "not known yet" in screen:
            self._terminal.until(lambda s: "to go on, type" in s or "(esc)" not in s)
        elif "Done by hand:" in screen:
            self._fill(f"by hand, note {len(self.next_lines)}")
            self._leave("Enter")
        elif "space ticks" in screen:
            self._leave("Tab", "Enter")
        else:
            self._leave("Enter")

    def _fill(self, text: str) -> None:
        """Type ``text`` and see it alone in its line; what came before the field was there is typed again."""
        for _ in range(4):
            self._terminal.type(text)
            with suppress(AssertionError):
                self._terminal.until(lambda screen: _alone(screen, text), 3)
                return
            self._terminal.keys("C-u")
        raise AssertionError(f"{text!r} cannot be typed\n{self._terminal.screen()}")

    def _leave(self, *keys: str, sign: str = "(esc)") -> None:
        """Press what answers a dialog, until its ``sign`` is gone: a key too many acts on the step below."""
        for _ in range(4):
            if sign not in self._terminal.screen():
                return
            self._terminal.keys(*keys)
            with suppress(AssertionError):
                self._terminal.until(lambda screen: sign not in screen, 5)
                return
        raise AssertionError(f"{keys} did nothing\n{self._terminal.screen()}")

    def _settled(self, screen: str) -> None:
        """A step that was just started is not started again: wait until the screen says what became of it."""
        if "» " in screen or "asked for" in screen:
            self._terminal.until(lambda s: "» " not in s and "asked for" not in s)


def _next(screen: str) -> str:
    """Return the line that names what is next; empty while a dialog hides it."""
    return next((line for line in screen.splitlines() if line.startswith(" NEXT")), "")


def _says_else(screen: str, line: str) -> bool:
    """Return whether something else than ``line`` is next by now, or a dialog asks."""
    return _next(screen) != line or "(esc)" in screen or "Understood (enter)" in screen


def _alone(screen: str, text: str) -> bool:
    """Return whether a part of a line between two frames holds ``text`` and nothing else."""
    return any(part.strip() == text for part in re.split(r"[┃│\n]", screen))


def _still(screen: str) -> str:
    """Return a screen without what changes by itself."""
    return _CLOCK.sub("", screen)

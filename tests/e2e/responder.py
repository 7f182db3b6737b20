"""A responder who is half asleep: presses the key that NEXT names, answers what is asked with what is offered.

Every key is counted, each letter of what is typed too.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from contextlib import suppress
from itertools import pairwise

from tests.e2e.terminal import Terminal

_CLOCK = re.compile(r"\d+(:\d\d)+|\d+ (s|min|h)\b|[0-9a-f]{4}-[0-9a-f]{4}")
_CUT_CLOCK = re.compile(r"(?<=[╮│┃╯┓┛]) ?[\d:]+ *$", re.MULTILINE)
"""What a dialog leaves of a clock behind it."""
_NEXT = re.compile(r"^ NEXT  (.*?)(?:  \[([^\]]+)\])?\s*$", re.MULTILINE)
_DUE = re.compile(r"^ DUE  (.*?)  \[([^\]]+)\]\s*$", re.MULTILINE)
_PAPERWORK = re.compile(r"(tick|call|note who has answered|mark done): ")
_ASKED = re.compile(r"to go on, type\s+(\S+)")
_LEAVING = re.compile(r"all the same, type\s+(\d+ open)")
_LEAVES_OUT = re.compile(r"leave out[^:]*: ")
_OPENER = re.compile(r"It is opened by\s+(\d[\d.]*\d) ")
_RECOVERY = re.compile(r"^run[^:]*: 3\.")
_WORDS = {
    "why (the report lists it": "not here",
    "what you do about it": "noted",
    "what you did": "by hand",
    "why it must yield": "no other copy",
}
"""What is typed into a field that must not stay empty, by the words above it."""
_CLOSABLE = "x: close the incident"
_IN_THE_LIST = "incident is open.  [enter: open]"
_MOST_KEYS = 400
"""Beside the letters of what is typed to confirm: a whole estate at two sites has many names."""
_SEEN_S, _NOTED_S, _READ_S, _READ_ALL_S = 0.6, 0.9, 0.7, 1.1
"""Seconds for which a step must be there to be seen, a tick to be noted before the next, a dialog to be there to be
read, and one with several questions, at least: who waits for an answer to a key reads as slowly."""
_TYPED_S = 10
"""Seconds for which a person waits to see what they typed: on a busy machine it is late, and not lost."""
_SEVERAL = "Decide together:"
_LONG_S = 8.0
"""Seconds for which something runs until a person turns to the paperwork that is named meanwhile."""
_IN_A_CIRCLE = 8


class Responder:
    """Works one incident through the console's screen and keys, and knows nothing else.

    Args:
        terminal: the console, open on the incident.

    Attributes:
        next_lines: what NEXT said each time that it was followed.
        pressed: how many keys were pressed, letters typed included.
        meanwhile: how many of them did paperwork while something ran: the longer that takes, the more there are.
        typed: how many of them were letters typed.
        at_first_recovery: how many there were when the first recovery action was asked for; 0 while none was.
    """

    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal
        self.next_lines: list[str] = []
        self.pressed = self.typed = self.at_first_recovery = self.meanwhile = 0
        self._slow_s = 0.0
        self._noted_at = 0.0

    def follow_next_to_the_end(self) -> None:
        """Do what NEXT says until it says that the incident can be closed."""
        while self.pressed - self.typed < _MOST_KEYS:
            screen = self._steady()
            if _CLOSABLE in screen and not _asks(screen):
                return
            if _asks(screen):
                self._answer(screen)
            elif _IN_THE_LIST in screen:  # an escape that came once its dialog was gone
                self._enter("Enter")
            else:
                self._press_what_is_named(screen)
        raise AssertionError(f"not at the end after {self.pressed} keys\n{self._terminal.screen()}")

    def close(self) -> None:
        """Close the incident with the sentence that is offered."""
        self.keys("x")
        self._terminal.until("(esc)")
        if leaving := _LEAVING.search(self._steady()):
            self._fill(leaving[1])
        self.keys("Enter")
        self._terminal.until(lambda now: "the incident is closed" in now or "expectations met" in now)

    def keys(self, *names: str) -> None:
        """Press keys, and count them."""
        self.pressed += len(names)
        self._terminal.keys(*names)

    def type(self, text: str) -> None:
        """Type text, and count its letters."""
        self.pressed += len(text)
        self.typed += len(text)
        self._terminal.type(text)

    def _steady(self) -> str:
        """Return the screen once it has stopped changing and nothing runs: nobody answers what is still being drawn.

        While something runs for long, the paperwork that is named meanwhile is enough.
        """
        last, since = "", time.monotonic()

        def steady(screen: str) -> bool:
            nonlocal last, since
            meanwhile = _paperwork_meanwhile(screen)
            shown = meanwhile or _still(screen)
            if shown != last:
                last, since = shown, time.monotonic()
            reads = _SEEN_S if not _asks(screen) else _READ_ALL_S if _SEVERAL in screen else _READ_S
            wanted = _LONG_S if meanwhile else max(reads, self._slow_s)
            done = (
                meanwhile
                or _asks(screen)
                or _IN_THE_LIST in screen
                or (" 0 running" in screen and _NEXT.search(screen) is not None)
            )
            return bool(done) and time.monotonic() - since > wanted

        return self._terminal.until(steady, 120)

    def _press_what_is_named(self, screen: str) -> None:
        """Press the first key that NEXT names, and wait until the screen says something else."""
        words, named = _next(screen)
        assert named, f"NEXT names no key\n{screen}"
        if _LEAVES_OUT.match(words) and self.next_lines[-1:] == [f"{words} [{named}]"]:  # it is not written yet
            with suppress(AssertionError):
                self._terminal.until(lambda now: _next(now)[0] not in ("", words), 5)
                return
        self.next_lines.append(f"{words} [{named}]")
        before = self.next_lines[-_IN_A_CIRCLE:]
        assert len(before) < _IN_A_CIRCLE or len(set(before)) > 2, f"NEXT leads in a circle\n{screen}"
        key = "s" if "by hand, or skip" in words else _first_key(named)  # nobody does a thing by hand here
        if key.isdecimal():  # nobody who is called answers at once
            self._terminal.until(lambda _: time.monotonic() - self._noted_at > _NOTED_S)
            self._noted_at = time.monotonic()
        self.meanwhile += bool(_paperwork_meanwhile(screen))
        self.keys(key)
        if _RECOVERY.match(words) and not named.startswith("g"):
            self.at_first_recovery = self.at_first_recovery or self.pressed
        self._see_change(_still(screen), self._terminal.screen, 8)

    def _answer(self, screen: str) -> None:
        """Answer a dialog: type what it wants typed; choose where nothing is chosen; else enter."""
        if asked := _ASKED.search(_box(screen)):
            self._fill(asked[1])
            self._enter("Enter")
        elif re.search(r"dry run \(changes nothing\)|not known yet", _box(screen)) and not _is_barred(screen):
            self._terminal.until(lambda s: "to go on, type" in s or not _asks(s) or _is_barred(s), 60)
        elif "REFUSED" in screen and ("NEXT  go to what helps" in screen or _is_led_to_what_opens(screen)):
            self._enter("Escape")
        elif words := next((words for asked, words in _WORDS.items() if _is_empty(screen, asked)), ""):
            self._fill(words)
            self._enter("Enter")
        elif "nothing can be confirmed" in screen:
            self._enter("Escape")
        elif "Nothing is chosen" in screen:
            self._enter("Down", "Enter")
        else:
            self._enter("Enter")

    def _enter(self, *keys: str) -> None:
        """Press what answers a dialog, and wait until it says something else, its focus is elsewhere, or it is gone."""
        before = _still(self._terminal.painted())
        self.keys(*keys)
        self._see_change(before, self._terminal.painted, 5)

    def _see_change(self, before: str, look: Callable[[], str], most_s: float) -> None:
        """Wait until a key changed what is seen; one that came before the focus did is pressed again, as people do."""
        pressed_at = time.monotonic()
        with suppress(AssertionError):
            self._terminal.until(lambda now: _still(look()) != before, most_s)
            self._slow_s = min(2.0, 2 * (time.monotonic() - pressed_at))

    def _fill(self, text: str) -> None:
        """Type ``text`` and see it alone in its line; what came before the field was there is typed again."""
        for _ in range(4):
            self.type(text)
            with suppress(AssertionError):
                self._terminal.until(lambda screen: _alone(screen, text), _TYPED_S)
                return
            self.keys("C-u")
        raise AssertionError(f"{text!r} cannot be typed\n{self._terminal.screen()}")


def _next(screen: str) -> tuple[str, str]:
    """Return what is due, else what NEXT says, and the keys that are named; empty while a dialog hides it."""
    found = _DUE.search(screen) or _NEXT.search(screen)
    return (found[1].strip(), found[2] or "") if found else ("", "")


def _paperwork_meanwhile(screen: str) -> str:
    """Return the paperwork that is named while something runs; empty where there is none, or a dialog is open."""
    words, _ = _next(screen)
    runs = " 0 running" not in screen and not _asks(screen)
    return words if runs and _PAPERWORK.search(words) else ""


def _first_key(named: str) -> str:
    """Return the first key of ``g: go there``, ``s, m, enter`` or ``1, 3``, as the terminal calls it."""
    key = named.partition(":")[0].split(", ")[0]
    return "Enter" if key == "enter" else key


def _box(screen: str) -> str:
    """Return the text of a box for a target, its lines joined; empty where there is none."""
    return " ".join(re.findall("┃(.*?)┃", screen))


def _asks(screen: str) -> bool:
    """Return whether a dialog is open."""
    return "(esc)" in screen or "Understood (enter)" in screen


def _is_barred(screen: str) -> bool:
    """Return whether a dialog says that nothing typed into it would count."""
    said = " ".join(_box(screen).split())
    return "would be refused" in said or "nothing can be confirmed" in said


def _is_led_to_what_opens(screen: str) -> bool:
    """Return whether a refusal names the step that opens its gate, and NEXT, below it, the same one."""
    opener = _OPENER.search(_box(screen))
    return opener is not None and re.search(rf"run(?: again)?: {re.escape(opener[1])} ", _next(screen)[0]) is not None


def _alone(screen: str, text: str) -> bool:
    """Return whether a part of a line between two frames holds ``text`` and nothing else."""
    return any(part.strip() == text for part in re.split(r"[┃│\n]", screen))


def _is_empty(screen: str, asked: str) -> bool:
    """Return whether there is a field below the words ``asked``, it must not stay empty, and nothing is in it."""
    lines = screen.splitlines()
    for line, below in pairwise(lines):
        at = line.find(f" {asked}")
        if at >= 0 and "may stay empty" not in line:
            return not re.split("[│┃]", below[at:])[0].strip()
    return False


def _still(screen: str) -> str:
    """Return a screen without what changes by itself."""
    return _CLOCK.sub("", _CUT_CLOCK.sub("", screen))

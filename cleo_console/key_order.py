"""Handles keys in the order typed: keys pressed while a dialog opens or closes are queued until it has.

A slow line delivers in one piece what was typed in a second. Textual hands every key at once to the widget that has
the focus then; so the words behind the key for a note or a search were taken as commands by the screen below.
"""

from __future__ import annotations

import time
from collections import deque

from textual.events import Key, Paste
from textual.message import Message
from textual.screen import Screen
from textual.widget import Widget

from screens.widgets.typing_target import takes_text

PATIENCE_S = 0.5
"""Seconds that a key may delay the keys after it; a screen opens in a tenth of that."""


ROUNDS = 3
"""Rounds of the message queue after a key: its messages cause further messages, which come before the next key."""


class KeySettled(Message):
    """Goes the way that a key went, behind what the key set off."""


Typed = Key | Paste


def is_text(typed: Typed) -> bool:
    """Return whether this is text, for a field to take."""
    return isinstance(typed, Paste) or typed.is_printable


class KeyOrder:
    """Tells whether the next key may be handed on, and keeps those that may not yet.

    Attributes:
        waiting: the keys that were not handed on yet, in order.
    """

    def __init__(self) -> None:
        self.waiting: deque[Typed] = deque()
        self._last: Typed | None = None
        self._screen: Screen[object] | None = None
        self._on_top: Screen[object] | None = None
        self._target: Widget | None = None
        self._in_field = False
        self._passed = False
        self._behind: KeySettled | None = None
        self._rounds = 0
        self._until = 0.0

    def handing_on(self, key: Typed, screen: Screen[object]) -> None:
        """Note that ``key`` goes to ``screen`` now."""
        self._last, self._passed, self._on_top = key, False, screen
        self._in_field = is_text(key) and takes_text(screen.focused)
        self._until = time.monotonic() + PATIENCE_S
        self._begin_rounds(screen)

    def passed(self, key: Typed) -> None:
        """Note that ``key`` has passed all widgets, and what is bound to it was done; what that set off may go on."""
        self._passed = self._passed or key is self._last

    def settled(self, message: KeySettled) -> None:
        """Note that what goes behind a key has arrived."""
        if message is self._behind:
            self._behind = None
            self._rounds -= 1

    def busy(self, screen: Screen[object]) -> bool:
        """Return whether the first key that waits has to wait on.

        Args:
            screen: the one on top now.
        """
        if self._last is None:
            return False
        if screen is not self._on_top:  # it was built meanwhile, which takes a slow machine long: now it may settle
            self._on_top, self._until = screen, time.monotonic() + PATIENCE_S
        if time.monotonic() > self._until:
            return False
        if screen is not self._screen:
            if screen.focused is None:
                return True
            self._begin_rounds(screen)
        elif self._in_field and is_text(self.waiting[0]):
            return False  # a field keeps what is typed into it in order by itself
        if self._passed or self._last._stop_propagation:
            self._go_round()
            return self._rounds > 0
        return True

    def _begin_rounds(self, screen: Screen[object]) -> None:
        self._screen, self._target = screen, screen.focused or screen
        self._behind, self._rounds = None, ROUNDS

    def _go_round(self) -> None:
        if self._rounds and self._behind is None and self._target:
            self._behind = KeySettled()
            if not self._target.post_message(self._behind):  # it is gone, and with it what it had still to do
                self._rounds = 0

"""One key after the other: what comes while a key still opens or closes a dialog is kept until it has.

A slow line delivers in one piece what was typed in a second. Textual hands every key at once to whoever has the focus
then; so the words behind the key for a note or a search were taken as commands by the screen below.
"""

from __future__ import annotations

import time
from collections import deque

from textual.events import Key, Paste
from textual.message import Message
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Input, TextArea

PATIENCE_S = 0.5
"""How long a key may hold up those behind it. A screen opens in a tenth of that; nothing may ever stand still."""


class KeySettled(Message):
    """Goes the way that a key went, behind all that the key set off: where it arrives, the key has done its work."""


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
        self._target: Widget | None = None
        self._behind: KeySettled | None = None
        self._settled = True
        self._until = 0.0

    def handing_on(self, key: Typed, screen: Screen[object]) -> None:
        """Note that ``key`` goes to ``screen`` now. A text field keeps what is typed into it in order by itself."""
        self._last, self._screen, self._target, self._behind = key, screen, screen.focused or screen, None
        self._settled = is_text(key) and isinstance(screen.focused, Input | TextArea)
        self._until = time.monotonic() + PATIENCE_S

    def passed(self, key: Typed) -> None:
        """Note that ``key`` has passed all widgets, and what is bound to it was done; what that set off may go on."""
        if key is self._last and not self._settled and self._behind is None and self._target:
            self._behind = KeySettled()
            self._target.post_message(self._behind)

    def settled(self, message: KeySettled) -> None:
        """Note that what follows a key has arrived."""
        self._settled = self._settled or message is self._behind

    def busy(self, screen: Screen[object]) -> bool:
        """Return whether the last key is still at work, or the screen that it brought up has no focus yet.

        Args:
            screen: the one on top now.
        """
        if self._last is None or time.monotonic() > self._until:
            return False
        if screen is not self._screen:
            return screen.focused is None
        if self._last._stop_propagation:
            self.passed(self._last)
        return not self._settled

"""Where keys go on screens that decide it: which field takes what is typed, and which keys they take at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.screen import Screen
from textual.widget import Widget

if TYPE_CHECKING:
    from textual.widgets import Input


def takes_text(widget: Widget | None) -> bool:
    """Return whether this is a field. The widget is asked, so that no kind of field has to be imported at the start."""
    return widget is not None and widget.check_consume_key("a", "a")


class TakesTyping:
    """A screen with a field for what is typed. The app moves the focus there before it hands a key on."""

    def field_for_typing(self) -> Input | None:
        """Return the field that takes what is typed now; None where the focus stays where it is."""
        raise NotImplementedError


class RefusesKeys:
    """A screen that does not take every key at any time. The app asks before it hands a key on."""

    def takes_key(self, key: str, pressed_at: float) -> bool:
        """Return whether the screen takes a key now.

        Args:
            key: which; empty for what is pasted.
            pressed_at: when it was pressed (`time.monotonic`): on a busy machine it may be handed on long after.
        """
        raise NotImplementedError


def takes_key(screen: Screen[object], key: str, pressed_at: float) -> bool:
    """Return whether a screen takes a key now; most take every key."""
    return not isinstance(screen, RefusesKeys) or screen.takes_key(key, pressed_at)


def focus_for_typing(screen: Screen[object]) -> None:
    """Focus the screen's field for what is typed, where it has one."""
    if isinstance(screen, TakesTyping) and (field := screen.field_for_typing()):
        screen.set_focus(field)

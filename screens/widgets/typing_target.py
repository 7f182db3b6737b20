"""Where what is typed goes: fields, and screens in which it belongs into one of them wherever the focus is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.screen import Screen
from textual.widget import Widget

if TYPE_CHECKING:
    from textual.widgets import Input


def takes_text(widget: Widget | None) -> bool:
    """Return whether this is a field. Asked of the widget: to import every kind of field would hold up the start."""
    return widget is not None and widget.check_consume_key("a", "a")


class TakesTyping:
    """Names its field. The app moves the focus there before it hands the key on, so that none is lost or overtaken."""

    def field_for_typing(self) -> Input | None:
        """Return the field that what is typed now belongs into; None where the focus is right as it is."""
        raise NotImplementedError


def focus_for_typing(screen: Screen[object]) -> None:
    """Put the focus where what is typed belongs. Nothing happens on a screen that leaves it to the focus."""
    if isinstance(screen, TakesTyping) and (field := screen.field_for_typing()):
        screen.set_focus(field)

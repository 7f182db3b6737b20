"""A screen in which whatever is typed belongs into one field, wherever the focus is."""

from __future__ import annotations

from textual.screen import Screen
from textual.widgets import Input


class TakesTyping:
    """Names its field. The app moves the focus there before it hands the key on, so that none is lost or overtaken."""

    def field_for_typing(self) -> Input | None:
        """Return the field that what is typed now belongs into; None where the focus is right as it is."""
        raise NotImplementedError


def focus_for_typing(screen: Screen[object]) -> None:
    """Put the focus where what is typed belongs. Nothing happens on a screen that leaves it to the focus."""
    if isinstance(screen, TakesTyping) and (field := screen.field_for_typing()):
        screen.set_focus(field)

"""A list of things to tick, with a sign for ticked and one for not ticked."""

from __future__ import annotations

from typing import ClassVar, TypeVar

from rich.segment import Segment
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.strip import Strip
from textual.widgets import SelectionList

T = TypeVar("T")
_BUTTON = 3
"""Segments that SelectionList draws as its button; their width is kept."""


class Ticks(SelectionList[T]):
    """A SelectionList with ``[x]`` and ``[ ]``: space ticks, enter answers."""

    class Answered(Message):
        """Enter was pressed: what is ticked is the answer."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "answer", "Answer", show=False)]

    def action_answer(self) -> None:
        """Answer."""
        self.post_message(self.Answered())

    def render_line(self, y: int) -> Strip:
        """Return one line, its button in plain signs and in the colours of its text."""
        segments = list(super().render_line(y))
        number = self.scroll_offset.y + y
        if number >= self.option_count:
            return Strip(segments)
        ticked = self.get_option_at_index(number).value in self.selected
        style = segments[_BUTTON].style
        signs = [Segment(sign, style) for sign in ("[", "x" if ticked else " ", "]")]
        return Strip([*signs, *segments[_BUTTON:]])

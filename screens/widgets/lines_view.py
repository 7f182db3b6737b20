"""Lines that were laid out already, scrolled; only those that are seen are painted."""

from __future__ import annotations

from rich.segment import Segment
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from journal.wording.sanitize import sanitize


class LinesView(ScrollView, can_focus=True):
    """Shows lines; keeps its place when they are replaced."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._lines: list[list[Segment]] = []

    def show(self, lines: list[list[Segment]]) -> None:
        """Show these lines."""
        self._lines = lines
        self.virtual_size = Size(self.scrollable_content_region.width, len(lines))
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """Return one line of the window."""
        number, width = self.scroll_offset.y + y, self.scrollable_content_region.width
        if number >= len(self._lines):
            return Strip.blank(width, self.rich_style)
        pieces = [Segment(sanitize(piece.text), piece.style) for piece in self._lines[number]]
        return Strip(pieces).apply_style(self.rich_style).adjust_cell_length(width, self.rich_style)

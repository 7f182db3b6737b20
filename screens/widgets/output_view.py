"""What a run prints, live: a line-API view that paints only the lines that are seen, at most four times a second."""

from __future__ import annotations

from collections.abc import Iterable

from rich.segment import Segment
from rich.style import Style
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from journal.inert import inert
from journal.rows import OutputLine


class OutputView(ScrollView, can_focus=True):
    """Shows lines; follows the end as long as it is scrolled to the end."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._lines: list[OutputLine] = []
        self._following = True

    @property
    def text(self) -> str:
        """What is shown, as plain text."""
        return "\n".join(inert(line.text) for line in self._lines)

    def show(self, lines: Iterable[OutputLine]) -> None:
        """Show these lines unless they are shown already."""
        lines = list(lines)
        if _same(lines, self._lines):
            return
        self._lines = lines
        self._grow(Size(self.scrollable_content_region.width, len(lines)))
        self._follow()
        self.refresh()

    def _grow(self, size: Size) -> None:
        """Take the new size. As long as the scrollbar stays where it is, nothing else on the screen has to move."""
        if self.show_vertical_scrollbar and size.height > self.size.height and size.width == self.virtual_size.width:
            self.set_reactive(OutputView.virtual_size, size)
            self.vertical_scrollbar.window_virtual_size = size.height
        else:
            self.virtual_size = size

    def _follow(self) -> None:
        if self._following:
            self.scroll_end(animate=False)

    def on_resize(self) -> None:
        """Stay at the end."""
        self._follow()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Whoever scrolls away from the end stops following it; whoever comes back follows again."""
        super().watch_scroll_y(old_value, new_value)
        self._following = new_value >= self.max_scroll_y

    def render_line(self, y: int) -> Strip:
        """Return one line of the window."""
        number = self.scroll_offset.y + y
        width = self.scrollable_content_region.width
        base = self.rich_style
        if number >= len(self._lines):
            return Strip.blank(width, base)
        line = self._lines[number]
        style = base + Style(bold=True) if line.stream == "stderr" else base
        return Strip([Segment(inert(line.text), style)]).adjust_cell_length(width, base)


def _same(some: list[OutputLine], others: list[OutputLine]) -> bool:
    if len(some) != len(others):
        return False
    return not some or ((some[-1].run, some[0].n, some[-1].n) == (others[-1].run, others[0].n, others[-1].n))

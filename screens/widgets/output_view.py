"""What a run prints, live. Paints only the lines that are seen, and never causes a layout of the screen.

A Textual scroll view lays the screen out with every line that is added, and keys wait for a layout.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.strip import Strip
from textual.widget import Widget

from journal.store.rows import OutputLine
from journal.wording.sanitize import sanitize

_WHEEL = 3
_RAIL, _THUMB, _GOES_ON = "│", "█", "…"


class OutputView(Widget, can_focus=True, inherit_bindings=False):
    """Shows lines; follows the end as long as it is at the end."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "move(-1)", "Up", show=False),
        Binding("down", "move(1)", "Down", show=False),
        Binding("pageup", "turn(-1)", "Page up", show=False),
        Binding("pagedown", "turn(1)", "Page down", show=False),
        Binding("home", "begin", "First line", show=False),
        Binding("end", "follow", "Last line", show=False),
    ]

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._lines: Sequence[OutputLine] = ()
        self._top: int | None = None
        """The number, in the run's output, of the first line seen; its index here changes as old lines are dropped."""

    @property
    def text(self) -> str:
        """What is shown, as plain text."""
        return "\n".join(sanitize(line.text) for line in self._lines)

    @property
    def top(self) -> int:
        """Which line is the first one seen."""
        if self._top is None:
            return self._last_top
        return min(max(0, self._top - self._lines[0].n), self._last_top)

    @property
    def _last_top(self) -> int:
        return max(0, len(self._lines) - self.size.height)

    def show(self, lines: Sequence[OutputLine]) -> None:
        """Show these lines unless they are shown already."""
        if _same(lines, self._lines):
            return
        if not (lines and self._lines and lines[0].run == self._lines[0].run):
            self._top = None
        self._lines = list(lines)
        self.refresh()

    def action_move(self, lines: int) -> None:
        """Scroll; whoever comes to the end follows it again."""
        wanted = max(0, self.top + lines)
        self._top = None if wanted >= self._last_top else self._lines[0].n + wanted
        self.refresh()

    def action_turn(self, pages: int) -> None:
        """Scroll by pages."""
        self.action_move(pages * max(1, self.size.height - 1))

    def action_begin(self) -> None:
        """Go to the first line that is kept here."""
        self.action_move(-len(self._lines))

    def action_follow(self) -> None:
        """Go to the end, and follow it."""
        self.action_move(len(self._lines))

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Scroll."""
        event.stop()
        self.action_move(-_WHEEL)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Scroll."""
        event.stop()
        self.action_move(_WHEEL)

    def render_line(self, y: int) -> Strip:
        """Return one line of the window, with the scroll bar where there is more than can be seen."""
        number, base, (width, height) = self.top + y, self.rich_style, self.size
        text = self._line(number, base)
        if len(self._lines) <= height:
            return _fit(text, width, base)
        bar = Segment(_THUMB if self._is_thumb(y) else _RAIL, base + Style(dim=True))
        return Strip([*_fit(text, width - 1, base), bar], width)

    def _line(self, number: int, base: Style) -> list[Segment]:
        if number >= len(self._lines):
            return []
        line = self._lines[number]
        return [Segment(sanitize(line.text), base + Style(bold=True) if line.stream == "err" else base)]

    def _is_thumb(self, y: int) -> bool:
        """Whether the scroll bar's thumb is on line ``y`` of the window."""
        height, total = self.size.height, len(self._lines)
        long = max(1, height * height // total)
        begins = (height - long) * self.top // max(1, self._last_top)
        return begins <= y < begins + long


def _fit(text: list[Segment], width: int, base: Style) -> Strip:
    """Return the line cut or padded to ``width`` cells; a sign at the end says that it was cut."""
    line = Strip(text)
    if line.cell_length <= width:
        return line.adjust_cell_length(width, base)
    return Strip([*line.adjust_cell_length(width - 1, base), Segment(_GOES_ON, base)], width)


def _same(some: Sequence[OutputLine], others: Sequence[OutputLine]) -> bool:
    if len(some) != len(others):
        return False
    return not some or ((some[-1].run, some[0].n, some[-1].n) == (others[-1].run, others[0].n, others[-1].n))

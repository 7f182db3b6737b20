"""A run's whole output, fetched from the journal as it is scrolled; left and right show the rest of long lines."""

from __future__ import annotations

from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual.geometry import Size

from journal.store.rows import OutputLine
from journal.wording.sanitize import sanitize
from screens.widgets.paged_view import PagedView


class LogView(PagedView[OutputLine]):
    """Shows lines, with the words that are looked for set off, and the line found last marked."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"log--found", "log--mark"}

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.words = ""

    def draw(self, key: int, item: OutputLine, width: int) -> list[Segment]:
        """Return one line, with the words that are looked for set off."""
        text = sanitize(item.text)
        if len(text) > self.virtual_size.width:
            self.call_later(self._widen, len(text))
        base = Style(bold=item.stream == "err")
        if key == self.marked:
            return [Segment(f"{text or ' '}", base + self._style("mark"))]
        at = text.casefold().find(self.words.casefold()) if self.words else -1
        if at < 0:
            return [Segment(text, base)]
        end = at + len(self.words)
        found = Segment(text[at:end], base + self._style("found"))
        return [Segment(text[:at], base), found, Segment(text[end:], base)]

    def _widen(self, width: int) -> None:
        if width > self.virtual_size.width:
            self.virtual_size = Size(width, self.virtual_size.height)

    def _style(self, name: str) -> Style:
        return self.get_component_rich_style(f"log--{name}", partial=True)

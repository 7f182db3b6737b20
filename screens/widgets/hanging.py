"""Text whose lines wrap below themselves."""

from __future__ import annotations

from collections.abc import Iterable

from textual.content import Content
from textual.css.styles import RulesMap
from textual.strip import Strip
from textual.style import Style
from textual.visual import RenderOptions, Visual

from screens.guidance.text import Line
from screens.widgets.content import content, label_width


class Hanging(Visual):
    """Lines of which each wraps at the width that there is, and goes on below its own text, not below its label.

    Args:
        lines: what it says.
    """

    def __init__(self, lines: Iterable[Line]) -> None:
        self._lines = [(content(line), _indent(line)) for line in lines]
        self._wrapped: dict[int, Content] = {}
        self._rows: dict[tuple[int, int | None], int] = {}
        self.plain = "\n".join(text.plain for text, _ in self._lines)

    def is_same(self, other: Hanging) -> bool:
        """Return whether it says the same in the same tones."""
        mine, others = self._lines, other._lines
        return len(mine) == len(others) and all(a.is_same(b) for (a, _), (b, _) in zip(mine, others, strict=True))

    def rows(self, width: int, lines: int | None = None) -> int:
        """Return how many rows the first ``lines`` lines, or all, take in ``width`` columns."""
        if (width, lines) not in self._rows:
            self._rows[width, lines] = sum(len(_wrap(text, indent, width)) for text, indent in self._lines[:lines])
        return self._rows[width, lines]

    def get_optimal_width(self, rules: RulesMap, container_width: int) -> int:
        """Return the width of the longest line."""
        return max((text.cell_length for text, _ in self._lines), default=0)

    def get_height(self, rules: RulesMap, width: int) -> int:
        """Return how many rows it takes in ``width`` columns."""
        return self._at(width).get_height(rules, width)

    def render_strips(self, width: int, height: int | None, style: Style, options: RenderOptions) -> list[Strip]:
        """Return its rows."""
        return self._at(width).render_strips(width, height, style, options)

    def _at(self, width: int) -> Content:
        if width not in self._wrapped:
            rows = [row for text, indent in self._lines for row in _wrap(text, indent, width)]
            self._wrapped = {width: Content("\n").join(rows)}
        return self._wrapped[width]


def _indent(line: Line) -> int:
    if line.label is not None:
        return label_width(line.label)
    return 2 if line.symbol else 0


def _wrap(text: Content, indent: int, width: int) -> list[Content]:
    """Return the rows of a line; from the second on they begin ``indent`` columns further in."""
    if "\n" not in text.plain and text.cell_length <= width:
        return [text]
    room = max(1, width - indent)
    head, rest = text[:indent], text[indent:]
    rows = rest.wrap(room) or [rest]
    return [head + rows[0], *(row.pad_left(indent) for row in rows[1:])]

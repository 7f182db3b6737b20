"""A column of which one part gives way: where the terminal is too low for all, only that part has fewer lines."""

from __future__ import annotations

from textual.containers import Vertical
from textual.geometry import Size
from textual.layout import ArrangeResult, Layout
from textual.layouts.vertical import VerticalLayout
from textual.widget import Widget

_LEAST = 2
"""Lines that are left of the part that gives way."""


class _Layout(VerticalLayout):
    """Lays out from top to bottom; what is too much is taken from one child."""

    def __init__(self, child: str) -> None:
        self._child = child

    def arrange(self, parent: Widget, children: list[Widget], size: Size, greedy: bool = True) -> ArrangeResult:
        """Return where each child is. Without a height it is only asked how high all of them are."""
        placements = list(super().arrange(parent, children, size, greedy))
        flowing = [place for place in placements if not place.overlay]
        over = max((place.region.bottom + place.margin.bottom for place in flowing), default=0) - size.height
        at = next((n for n, place in enumerate(placements) if place.widget.id == self._child), None)
        if not size.height or over <= 0 or at is None:
            return placements
        less = min(over, max(0, placements[at].region.height - _LEAST))
        shrunk = placements[at].region
        placements[at] = placements[at]._replace(region=shrunk.shrink((0, 0, less, 0)))
        for n, place in enumerate(placements[at + 1 :], at + 1):
            placements[n] = place._replace(region=place.region.translate((0, -less)))
        return placements


class Shrinking(Vertical):
    """A container whose child of the given id gives way, and scrolls.

    Args:
        child: the child's id.
        id: the container's own.
    """

    def __init__(self, child: str, *, id: str) -> None:
        super().__init__(id=id)
        self._from_top = _Layout(child)

    @property
    def layout(self) -> Layout:
        """How the children are laid out: a style can only name Textual's own layouts."""
        return self._from_top

"""A scrolled window on rows in the journal. It holds the rows near the window, and asks for those that it lacks."""

from __future__ import annotations

from abc import abstractmethod
from bisect import bisect_left
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import Generic, TypeVar

from rich.segment import Segment
from textual.geometry import Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

T = TypeVar("T")
_KEPT = 5_000
_MARGIN = 40
"""Rows above and below the window that are fetched with it, so that scrolling finds them there."""


class PagedView(ScrollView, Generic[T], can_focus=True):
    """Shows rows named by whole numbers in rising order; follows the end while told to.

    Whoever scrolls away from the end stops following; whoever comes back follows again.
    """

    following: reactive[bool] = reactive(True)

    class Wanted(Message):
        """These rows are near the window and not loaded; answer with `PagedView.take`."""

        def __init__(self, view: PagedView[T], keys: list[int]) -> None:
            super().__init__()
            self.view = view
            self.keys = keys

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.keys: Sequence[int] = ()
        self.marked = 0
        self._shelf: OrderedDict[int, T] = OrderedDict()
        self._asked: set[int] = set()

    @abstractmethod
    def draw(self, key: int, item: T, width: int) -> list[Segment]:
        """Return one row's line; longer than ``width`` where it may be scrolled sideways."""

    def show_keys(self, keys: Sequence[int]) -> None:
        """Show these rows."""
        self.keys = keys
        self.virtual_size = Size(max(self.virtual_size.width, 1), len(keys))
        if self.following:
            self.scroll_end(animate=False)
        self.want()
        self.refresh()

    def item(self, key: int) -> T | None:
        """Return a row, if it is here."""
        return self._shelf.get(key)

    def take(self, items: Mapping[int, T]) -> None:
        """Take in rows; the ones not used for longest are dropped."""
        for key, item in items.items():
            self._shelf[key] = item
            self._shelf.move_to_end(key)
            self._asked.discard(key)
        while len(self._shelf) > _KEPT:
            self._shelf.popitem(last=False)
        self.refresh()

    def forget_asked(self) -> None:
        """Ask again for rows that were asked for and never came."""
        self._asked.clear()

    def want(self) -> None:
        """Ask for the rows that are near and not here."""
        top = self.scroll_offset.y
        near = self.keys[max(0, top - _MARGIN) : top + self.size.height + _MARGIN]
        missing = [key for key in near if key not in self._shelf and key not in self._asked]
        if missing:
            self._asked.update(missing)
            self.post_message(self.Wanted(self, missing))

    def mark(self, key: int) -> None:
        """Put the mark at a row, and bring it into sight."""
        self.marked = key
        row = self.row_of(key)
        if row is not None:
            self.bring_into_sight(row)
        self.refresh()

    def row_of(self, key: int) -> int | None:
        """Return where a row stands, or None where it is not shown."""
        row = bisect_left(self.keys, key)
        return row if row < len(self.keys) and self.keys[row] == key else None

    def bring_into_sight(self, row: int) -> None:
        """Scroll no further than needed."""
        top, height = self.scroll_offset.y, max(1, self.scrollable_content_region.height)
        if row < top:
            self.scroll_to(y=row, animate=False)
        elif row >= top + height:
            self.scroll_to(y=row - height + 1, animate=False)

    def on_resize(self) -> None:
        """Stay at the end while following; other rows are near the window now."""
        if self.following:
            self.scroll_end(animate=False)
        self.want()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Ask for the rows near the window; follow only while it is at the end."""
        super().watch_scroll_y(old_value, new_value)
        self.following = new_value >= self.max_scroll_y
        self.want()

    def render_line(self, y: int) -> Strip:
        """Return one line of the window."""
        row, width = self.scroll_offset.y + y, self.scrollable_content_region.width
        style = self.rich_style
        if row >= len(self.keys):
            return Strip.blank(width, style)
        key = self.keys[row]
        item = self._shelf.get(key)
        segments = self.draw(key, item, width) if item is not None else [Segment("…")]
        strip = Strip(segments).apply_style(style)
        left = self.scroll_offset.x
        return strip.crop(left, left + width).adjust_cell_length(width, style)

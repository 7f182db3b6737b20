"""The timeline's lines: when, how long after the disruption, by whom, what. One row has the mark."""

from __future__ import annotations

from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual.binding import Binding, BindingType
from textual.message import Message

from journal.report.evidence import Entry
from journal.wording.instants import offset
from journal.wording.sanitize import sanitize
from screens.widgets.breakpoints import WIDE
from screens.widgets.paged_view import PagedView

_ACTOR = 20
_BAD = frozenset({"action.in_doubt", "run.refused"})
_SAID = frozenset({"incident.declared", "decision.made", "incident.closed"})


class EntryView(PagedView[Entry]):
    """Shows entries with a mark on one of them; posts `Marked` when the mark moves."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"entry--mark", "entry--quiet", "entry--bad", "entry--late"}
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "move(-1)", "Up", show=False),
        Binding("down", "move(1)", "Down", show=False),
        Binding("pageup", "page(-1)", "Page up", show=False),
        Binding("pagedown", "page(1)", "Page down", show=False),
        Binding("home", "first", "First", show=False),
        Binding("end", "last", "Last", show=False),
    ]

    class Marked(Message):
        """The mark is at another entry, or its entry was loaded."""

    @property
    def marked_entry(self) -> Entry | None:
        """The entry that has the mark, if it is loaded."""
        return self.item(self.marked)

    def action_move(self, rows: int) -> None:
        """Move the mark."""
        if self.keys:
            at = self.row_of(self.marked)
            self.go_to_row((len(self.keys) if at is None else at) + rows)

    def action_page(self, pages: int) -> None:
        """Move the mark by what is seen at once."""
        self.action_move(pages * max(1, self.size.height - 1))

    def action_first(self) -> None:
        """Go to the first entry."""
        self.go_to_row(0)

    def action_last(self) -> None:
        """Go to the last entry, and follow."""
        self.go_to_row(len(self.keys) - 1)

    def go_to_row(self, row: int) -> None:
        """Put the mark at a row that there is; the last one is followed."""
        if not self.keys:
            return
        row = max(0, min(row, len(self.keys) - 1))
        self.mark(self.keys[row])
        self.following = row == len(self.keys) - 1
        self.post_message(self.Marked())

    def settle(self) -> None:
        """Keep the mark where it was; while following, or where its entry is gone, it goes to the last one."""
        row = self.row_of(self.marked)
        if self.following or row is None:
            self.go_to_row(len(self.keys) - 1)
        else:
            self.bring_into_sight(row)
        self.post_message(self.Marked())

    def draw(self, key: int, item: Entry, width: int) -> list[Segment]:
        """Return one entry as a line, cut at the width."""
        quiet, late = self._style("quiet"), Segment("LATE ", self._style("late"))
        parts = [Segment(f"{item.at:%H:%M:%S} ", quiet), Segment(f"{offset(item.offset_s)} ", quiet)]
        if width >= WIDE:
            actor = sanitize(item.actor)
            parts.append(Segment(f"{actor[: _ACTOR - 1] + '…' if len(actor) > _ACTOR else actor:<{_ACTOR}} ", quiet))
        parts += [late] if item.late else []
        number = f"{item.step.number} " if item.step.number else ""
        style = self._style("bad") if item.type in _BAD else Style(bold=item.type in _SAID)
        parts += [Segment(number, quiet), Segment(sanitize(item.text), style)]
        line = _cut(parts, width)
        return (
            [Segment(s.text, (s.style or Style()) + self._style("mark")) for s in line] if key == self.marked else line
        )

    def _style(self, name: str) -> Style:
        return self.get_component_rich_style(f"entry--{name}", partial=True)


def _cut(parts: list[Segment], width: int) -> list[Segment]:
    """Return a line that ends with an ellipsis where it is longer than ``width``."""
    cut = Segment.adjust_line_length(parts, width)
    if sum(part.cell_length for part in parts) > width:
        return [*Segment.adjust_line_length(parts, width - 1), Segment("…")]
    return cut

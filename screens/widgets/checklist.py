"""The checklist: phases, sections, steps; every step with its state and how long it takes or took."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar, NamedTuple

from rich.style import Style
from rich.text import Text
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widgets import Tree
from textual.widgets.tree import TreeNode

from journal.incident.state import Incident
from journal.plan.model import Phase, Section
from journal.wording.sanitize import sanitize
from screens.guidance.filters import Filter, matching
from screens.live.clocked import clock_of
from screens.widgets.checklist_rows import ROW_TONES, Row, phase_row, section_row, step_row
from screens.widgets.titled import entitle


class Place(NamedTuple):
    """What a line of the checklist stands for: a step's id, or empty on a heading."""

    step: str = ""


class Checklist(Tree[Place], inherit_bindings=False):
    """A tree with one cursor. Enter is left to the screen, which does the step's next action."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {f"checklist--{tone}" for tone in ROW_TONES}
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "cursor_up", "Up", show=False),
        Binding("down", "cursor_down", "Down", show=False),
        Binding("pageup", "page_up", "Page up", show=False),
        Binding("pagedown", "page_down", "Page down", show=False),
        Binding("home", "scroll_home", "First line", show=False),
        Binding("end", "scroll_end", "Last line", show=False),
        Binding("left", "fold", "Close the heading", show=False),
        Binding("right", "unfold", "Open the heading", show=False),
        Binding("space", "toggle_node", "Open or close the heading", show=False),
    ]

    class Turned(Message):
        """The cursor is on another line: at a step, or (empty) on a heading."""

        def __init__(self, step: str) -> None:
            super().__init__()
            self.step = step

    def __init__(self, incident: Incident, actor: str) -> None:
        super().__init__("checklist", id="checklist")
        self._incident = incident
        self._actor = actor
        self._filter = Filter.ALL
        self._kept = ""
        self._by_step: dict[str, TreeNode[Place]] = {}
        self._rows: dict[int, Row] = {}
        self._headings: list[tuple[TreeNode[Place], Phase, Section | None]] = []
        self._wanted = ""
        entitle(self, "Checklist")
        self.show_root = False
        self.show_guides = False
        self.guide_depth = 2
        self.auto_expand = False
        self.root.expand()
        self._fill()

    def _found(self) -> list[str]:
        """Return the ids of the steps that the filter shows."""
        return matching(self._incident, self._filter, self._actor)

    def _fill(self) -> None:
        """Build the lines of the steps that the filter shows, and of the step that was gone to, whatever it is."""
        shown = {*self._found(), self._kept}
        for phase in self._incident.plan.phases:
            sections = [(section, [step for step in section.steps if step.id in shown]) for section in phase.sections]
            sections = [(section, steps) for section, steps in sections if steps]
            if sections:
                node = self.root.add(sanitize(phase.title), data=Place(), expand=self._opens(phase))
                self._headings.append((node, phase, None))
            for section, steps in sections:
                under = node.add(sanitize(section.title), data=Place(), expand=True)
                self._headings.append((under, phase, section))
                for step in steps:
                    self._by_step[step.id] = under.add_leaf(sanitize(step.title), data=Place(step.id))

    def _opens(self, phase: Phase) -> bool:
        return self._filter is not Filter.ALL or phase is self._incident.phase

    def filter_next(self, step_id: str, now: datetime) -> None:
        """Show the next choice of steps, with the cursor where it was: the step there stays, whatever it is.

        Args:
            step_id: the step at the cursor.
            now: the present.
        """
        self._filter = self._filter.after
        self._rebuild(step_id, now)

    def _rebuild(self, step_id: str, now: datetime) -> None:
        self._kept = step_id
        self.clear()
        self._by_step.clear()
        self._rows.clear()
        self._headings.clear()
        self._fill()
        self._entitle()
        self.show(now)
        self.go_to(step_id)

    def _entitle(self) -> None:
        chosen = self._filter
        words = "" if chosen is Filter.ALL else f": {chosen} ({len(self._found())})  f: {chosen.after}"
        entitle(self, f"Checklist{words}")

    def show(self, now: datetime) -> None:
        """Bring every line up to date; only those that changed are painted, unless other steps are to be shown."""
        if self._filter is not Filter.ALL:
            if not {*self._found()} <= {*self._by_step}:
                self._rebuild(self._at or self._kept, now)
                return
            self._entitle()
        for step_id, node in self._by_step.items():
            self._set(node, step_row(self._incident, step_id, now))
        for node, phase, section in self._headings:
            row = phase_row(self._incident, phase, now) if section is None else section_row(self._incident, section)
            self._set(node, row)

    def _set(self, node: TreeNode[Place], row: Row) -> None:
        if self._rows.get(node.id) != row:
            self._rows[node.id] = row
            node.refresh()

    def on_resize(self) -> None:
        """Keep the cursor in sight, however little room is left."""
        if self.cursor_line >= 0:
            self.call_after_refresh(self.scroll_to_line, self.cursor_line, False)

    def go_to(self, step_id: str) -> None:
        """Put the cursor at a step, opening what hides it."""
        if step_id not in self._by_step:
            self._filter = Filter.ALL
            self._rebuild(step_id, clock_of(self)())
            return
        self._kept = step_id
        node = self._by_step[step_id]
        parent = node.parent
        while parent is not None and not parent.is_root:
            parent.expand()
            parent = parent.parent
        self._wanted = step_id
        self.call_after_refresh(self._move)

    def _move(self) -> None:
        if self._wanted:
            self.move_cursor(self._by_step[self._wanted])
            self._wanted = ""

    def on_tree_node_highlighted(self, event: Tree.NodeHighlighted[Place]) -> None:
        """Say where the cursor is."""
        event.stop()
        self.post_message(self.Turned(event.node.data.step if event.node.data else ""))

    @property
    def _at(self) -> str:
        """The step at the cursor; empty on a heading."""
        return self.cursor_node.data.step if self.cursor_node and self.cursor_node.data else ""

    @property
    def at_heading(self) -> bool:
        """Whether the cursor is on a phase or section."""
        return self.cursor_node is not None and self.cursor_node.allow_expand

    def action_fold(self) -> None:
        """Close this heading, or go to the one above."""
        node = self.cursor_node
        if node and node.is_expanded and node.allow_expand:
            node.collapse()
        elif node and node.parent and not node.parent.is_root:
            self.move_cursor(node.parent)

    def action_unfold(self) -> None:
        """Open this heading."""
        if self.cursor_node and self.cursor_node.allow_expand:
            self.cursor_node.expand()

    def get_label_width(self, node: TreeNode[Place]) -> int:
        """Return the width in columns that a line has: a longer one is cut, not scrolled sideways."""
        return max(1, self.scrollable_content_region.width - self._indent(node))

    def render_label(self, node: TreeNode[Place], base_style: Style, style: Style) -> Text:
        """Return one line: symbol and title on the left, state or duration on the right."""
        row = self._rows.get(node.id) or Row("", str(node.label))
        fold = ("▾ " if node.is_expanded else "▸ ") if node.allow_expand else ""
        right = Text(f" {row.right}" if row.right else "")
        left = Text(f"{fold}{row.symbol} {row.title}" if row.symbol else f"{fold}{row.title}")
        width = self.get_label_width(node)
        right.truncate(max(1, width - min(left.cell_len, width // 2)), overflow="ellipsis")  # never all of the title
        left.truncate(max(1, width - right.cell_len), overflow="ellipsis", pad=True)
        line = left + right
        line.stylize(style)
        if row.tone:  # after the cursor's style: what failed stays red under the cursor
            line.stylize(self.get_component_rich_style(f"checklist--{row.tone}", partial=True))
        return line

    def _indent(self, node: TreeNode[Place]) -> int:
        depth, parent = 0, node.parent
        while parent is not None and not parent.is_root:
            depth, parent = depth + 1, parent.parent
        return depth * self.guide_depth

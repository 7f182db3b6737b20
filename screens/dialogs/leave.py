"""Leaving the console while something runs: says what goes on, and how to come back."""

from __future__ import annotations

from collections.abc import Iterable

from textual.content import Content
from textual.widget import Widget
from textual.widgets import Button

from screens.dialogs.dialog import Dialog
from screens.widgets.quiet import Quiet


class LeaveDialog(Dialog[bool]):
    """Asks whether to leave; True leaves.

    Args:
        kind: the incident's kind.
        running: what is under way.
        goes_on: what becomes of it; empty: no runner is alive.
        way_back: the command that comes back.
    """

    CONFIRM = "Leave (enter)"
    CANCEL = "Stay (esc)"

    def __init__(self, kind: str, running: str, *, goes_on: str, way_back: str) -> None:
        super().__init__("Leave the console?", kind)
        self._under_way = running
        self._goes_on = goes_on
        self._way_back = way_back

    def body(self) -> Iterable[Widget]:
        """Yield what goes on, and how to come back."""
        if self._goes_on:
            yield Quiet(Content.assemble((f"{self._under_way}. ", "bold"), self._goes_on))
        else:
            yield Quiet(Content.assemble((f"{self._under_way}, but no runner is alive. ", "bold $text-error"), _DEAD))
        yield Quiet(Content.assemble("Come back with  ", (self._way_back, "bold")))

    def buttons(self) -> Iterable[Widget]:
        """Yield leave, stay."""
        yield Button(self.CONFIRM, id="confirm", variant="primary", compact=True)
        yield Button(self.CANCEL, id="cancel", compact=True)

    def confirm(self) -> None:
        """Leave."""
        self.dismiss(True)


_DEAD = "Stay, and press r to start one; what it was doing may be in doubt."

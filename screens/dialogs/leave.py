"""Leaving the console while something runs: says what goes on, and how to come back."""

from __future__ import annotations

from collections.abc import Iterable

from textual.content import Content
from textual.widget import Widget
from textual.widgets import Button

from screens.dialogs.dialog import Dialog
from screens.widgets.quiet import Quiet


class LeaveDialog(Dialog[bool]):
    """Asks whether to leave; True leaves."""

    CONFIRM = "Leave (enter)"
    CANCEL = "Stay (esc)"

    def __init__(self, kind: str, running: str, *, runner_alive: bool, outlives: bool, way_back: str) -> None:
        super().__init__("Leave the console?", kind)
        self._under_way = running
        self._runner_alive = runner_alive
        self._outlives = outlives
        self._way_back = way_back

    def body(self) -> Iterable[Widget]:
        """Yield what goes on, and how to come back."""
        if self._runner_alive and not self._outlives:
            yield Quiet(Content.assemble((f"{self._under_way}. ", "bold $text-error"), _ENDS))
        elif self._runner_alive:
            yield Quiet(Content.assemble((f"{self._under_way}. ", "bold"), "The runner goes on without this console."))
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


_ENDS = "The runner ends with this console: what it is doing will be in doubt."
_DEAD = "Stay, and press r to start one; what it was doing may be in doubt."

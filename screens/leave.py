"""Leaving the console while something runs: it says what goes on without it."""

from __future__ import annotations

from collections.abc import Iterable

from textual.content import Content
from textual.widget import Widget
from textual.widgets import Button

from screens.dialog import Dialog
from screens.widgets.quiet import Quiet


class LeaveDialog(Dialog[bool]):
    """Asks whether to leave; True leaves."""

    CONFIRM = "Leave (enter)"
    CANCEL = "Stay (esc)"

    def __init__(self, incident_id: str, kind: str, running: str, runner_alive: bool) -> None:
        super().__init__("Leave the console?", kind)
        self._under_way = running
        self._runner_alive = runner_alive
        self._incident_id = incident_id

    def body(self) -> Iterable[Widget]:
        """Yield what goes on, and how to come back."""
        if self._runner_alive:
            yield Quiet(Content.assemble((f"{self._under_way}. ", "bold"), "The runner goes on without this console."))
        else:
            yield Quiet(Content.assemble((f"{self._under_way}, but no runner is alive. ", "bold $text-error"), _DEAD))
        yield Quiet(Content.assemble("Come back with  ", (f"cleo open {self._incident_id}", "bold")))

    def buttons(self) -> Iterable[Widget]:
        """Yield leave, stay."""
        yield Button(self.CONFIRM, id="confirm", variant="primary", compact=True)
        yield Button(self.CANCEL, id="cancel", compact=True)

    def confirm(self) -> None:
        """Leave."""
        self.dismiss(True)


_DEAD = "Stay, and press r to start one; what it was doing may be in doubt."

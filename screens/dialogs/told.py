"""What somebody else did that a person must know before they go on: who leads now, who took over their step."""

from __future__ import annotations

from collections.abc import Iterable

from textual.widget import Widget
from textual.widgets import Button

from screens.dialogs.dialog import Problem


class Told(Problem):
    """Says it, and what to do where that was not agreed. Like a problem it comes by itself."""

    DANGER = False

    def buttons(self) -> Iterable[Widget]:
        """Yield the one button."""
        yield Button("One moment…", id="confirm", variant="primary", compact=True, disabled=True)

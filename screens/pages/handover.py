"""What whoever takes over must know, on one screen; copied as text to be sent."""

from __future__ import annotations

from collections.abc import Iterable

from textual.binding import Binding
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widget import Widget

from screens.guidance.handover import handover, handover_text
from screens.live.clocked import clock_of
from screens.live.session import Session
from screens.pages.page import FullScreen
from screens.widgets.text_block import TextBlock

_MOST = 5
"""Lines of one kind that are shown; the text that is copied has all."""


class HandoverScreen(FullScreen):
    """Shows the summary as it is now.

    Args:
        session: the incident.
    """

    CSS_PATH = ["page.tcss", "handover.tcss"]
    HEADING = "Handover"
    NAME = "handover"
    AUTO_FOCUS = "#body"
    BINDINGS = [
        Binding("y", "copy", "copy as text", tooltip="copy all of it to the terminal's clipboard (OSC 52)"),
        Binding("H", "back", "back", show=False),
    ]

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._copied = ""

    def body(self) -> Iterable[Widget]:
        """Yield the summary."""
        with VerticalScroll(id="body"):
            yield TextBlock(id="summary")

    def refresh_body(self) -> None:
        """Show it as it is now."""
        session = self.session
        lines = handover(
            self.incident, session.readings, session.catalogue, clock_of(self)(), here=session.here, most=_MOST
        )
        self.query_one(TextBlock).show(lines)

    def remark(self) -> Content | str:
        """Return whether it was copied."""
        return Content.assemble((self._copied, "$text-success"))

    def action_copy(self) -> None:
        """Copy all of it as text."""
        session = self.session
        lines = handover(self.incident, session.readings, session.catalogue, clock_of(self)(), here=session.here)
        self.app.copy_to_clipboard(f"{self.incident.id}\n{handover_text(lines)}\n")
        self._copied = "copied, if your terminal takes it (OSC 52); else: cleo handover"
        self.news()

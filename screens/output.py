"""A run's output on the whole screen, live."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.binding import Binding
from textual.content import Content
from textual.screen import Screen

from screens.hears import HearsNews
from screens.session import Session
from screens.watching import run_words
from screens.widgets.key_line import KeyLine
from screens.widgets.kind_badge import kind_badge
from screens.widgets.output_view import OutputView
from screens.widgets.quiet import Quiet


class OutputScreen(Screen[None], HearsNews):
    """Follows the end until it is scrolled away from it.

    Args:
        session: the incident.
        run_id: the run.
    """

    CSS_PATH = "output.tcss"
    BINDINGS = [
        Binding("escape,o,q", "app.pop_screen", "back", key_display="esc"),
        Binding("end", "end", "follow the end"),
    ]

    def __init__(self, session: Session, run_id: int) -> None:
        super().__init__()
        self._session = session
        self._run_id = run_id

    def compose(self) -> ComposeResult:
        """Lay out title, output, keys."""
        yield Quiet(id="title")
        yield OutputView(id="lines")
        yield KeyLine(id="keys")

    def on_mount(self) -> None:
        """Follow the run."""
        self._session.watch("screen", self._run_id)
        self.query_one("#lines").focus()
        self.bindings_updated_signal.subscribe(self, lambda _: self.query_one(KeyLine).show_keys())
        self.news()

    def on_unmount(self) -> None:
        """Stop following."""
        self._session.watch("screen", 0)

    def news(self) -> None:
        """Show what has come."""
        run, incident = self._session.run(self._run_id), self._session.incident
        if run and incident:
            badge = kind_badge(incident.kind, colour=not self.app.no_color)
            self.query_one("#title", Quiet).show(Content.assemble(badge, "  ", run_words(run)))
        self.query_one("#lines", OutputView).show(self._session.tails.get(self._run_id, ()))

    def action_end(self) -> None:
        """Follow the end again."""
        self.query_one("#lines", OutputView).scroll_end(animate=False)

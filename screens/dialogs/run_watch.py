"""A dialog that asks for a run, and shows its state and its lines while it goes on."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from textual.content import Content

from journal.commands.incident import IncidentCommands
from journal.errors import CleoError
from journal.incident.records import Run
from journal.wording.sanitize import sanitize
from screens.dialogs.dialog import Dialog
from screens.guidance.run_text import standing
from screens.live.lifetime import is_open
from screens.live.listener import NewsListener
from screens.live.session import Session
from screens.widgets.content import STYLES
from screens.widgets.output_view import OutputView
from screens.widgets.quiet import Quiet

R = TypeVar("R")


class WatchingDialog(Dialog[R], NewsListener):
    """Needs ``#run-status`` (Quiet) and ``#run-output`` (OutputView) in its body."""

    def __init__(self, session: Session, title: str) -> None:
        super().__init__(title, session.incident.kind if session.incident else "")
        self.session = session
        self.run_id = 0

    def ask_for(self, what: str, call: Callable[[IncidentCommands], int]) -> None:
        """Ask the runner for a run, and watch it."""
        self.query_one("#run-status", Quiet).show(f"{what}: asking the runner…")
        self.session.request(what, call, self._watch, self._cannot_ask)

    def _watch(self, run_id: int) -> None:
        if is_open(self):
            self.run_id = run_id
            self.session.watch("dialog", run_id)
            self.news()

    def _cannot_ask(self, error: CleoError) -> None:
        if not is_open(self):
            self.session.post_failure(self._title, error)
        else:
            self.query_one("#run-status", Quiet).show(Content.assemble((sanitize(error.message), "bold $text-error")))
            self.complain(error.hint)

    @property
    def watched(self) -> Run | None:
        """The run, once it is in the state."""
        return self.session.run(self.run_id) if self.run_id else None

    def news(self) -> None:
        """Bring the dialog up to date: the screen below calls this whenever something arrived."""
        run = self.watched
        if run is None or not self.query("#run-status"):  # a dialog that closes loses its children first
            return
        self.query_one("#run-status", Quiet).show(run_words(run))
        view = self.query_one("#run-output", OutputView)
        lines = self.session.tails.get(run.id, ())
        view.set_class(not lines, "-empty")
        view.show(lines)

    def on_unmount(self) -> None:
        """Stop following the output."""
        self.session.watch("dialog", 0)


def run_words(run: Run) -> Content:
    """Return how a run stands, with its result or why it was refused."""
    found = standing(run)
    return Content.assemble(f"{found.what}: ", (found.word, STYLES[found.tone]), f"  {found.why}" if found.why else "")

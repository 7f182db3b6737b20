"""What an exercise has shown: opened on every console at its table when it is closed."""

from __future__ import annotations

from collections.abc import Iterable

from textual.containers import VerticalScroll
from textual.widget import Widget

from journal.exercise.assessment import Assessment, assess_journal
from screens.guidance.assessment import assessment_lines
from screens.pages.page import FullScreen
from screens.widgets.content import block
from screens.widgets.quiet import Quiet


class AssessmentScreen(FullScreen):
    """Ratings, what was missed, and who decided what. The report (R) has it with the whole course of events."""

    HEADING = "Assessment"
    NAME = "assessment"
    AUTO_FOCUS = "#body"

    def body(self) -> Iterable[Widget]:
        """Yield the lines, to be scrolled."""
        with VerticalScroll(id="body"):
            yield Quiet("The journal is being read…", id="assessment")

    def on_mount(self) -> None:
        """Read the journal once: a closed exercise shows no more."""
        super().on_mount()
        self.lookup.ask(assess_journal, self._found)

    def _found(self, shown: Assessment | None) -> None:
        lines = assessment_lines(shown) if shown else []
        self.query_one("#assessment", Quiet).show(block(lines))

"""What an exercise has shown, and its hot wash: opened on every console at its table when it is closed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.widget import Widget

from journal.exercise.assessment import Assessment, assess_journal
from journal.exercise.hot_wash import Question, questions
from screens.guidance.assessment import assessment_lines, hot_wash_lines
from screens.lazy import push
from screens.pages.page import FullScreen
from screens.widgets.content import block
from screens.widgets.quiet import Quiet


class AssessmentScreen(FullScreen):
    """Ratings, what was missed, and who decided what. The report (R) has it with the whole course of events."""

    HEADING = "Assessment"
    NAME = "assessment"
    AUTO_FOCUS = "#body"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("w", "hot_wash", "hot wash", tooltip="say what went well and what did not, question by question")
    ]
    _assessment: Assessment | None = None

    def body(self) -> Iterable[Widget]:
        """Yield the lines, to be scrolled."""
        with VerticalScroll(id="body"):
            yield Quiet("The journal is being read…", id="assessment")

    def on_mount(self) -> None:
        """Read the journal once: a closed exercise shows no more."""
        super().on_mount()
        self.lookup.ask(assess_journal, self._found)

    def _found(self, shown: Assessment | None) -> None:
        self._assessment = shown
        self.refresh_body()

    def refresh_body(self) -> None:
        """Show it, with what people say meanwhile."""
        if self._assessment:
            lines = [*assessment_lines(self._assessment), *hot_wash_lines(self._questions())]
            self.query_one("#assessment", Quiet).show(block(lines))

    def action_hot_wash(self) -> None:
        """Ask each question, from the first that nobody answered; from the first of all where each is answered."""
        bare = (place for place, one in enumerate(self._questions()) if not one.answers)
        self._ask(next(bare, 0))

    def _ask(self, place: int) -> None:
        asked = self._questions()
        if place >= len(asked):
            return
        question = asked[place].text

        def said(words: str) -> None:
            if words:
                self.session.lead("answer the hot wash", lambda commands: commands.answer_hot_wash(question, words))
            self._ask(place + 1)

        push(
            self.app,
            "words",
            f"Hot wash: {place + 1} of {len(asked)}",
            self.session.state.kind,
            label="what you say; empty goes on to the next",
            required="",
            text=question,
            confirm="Write",
            then=said,
        )

    def _questions(self) -> list[Question]:
        return questions(self.session.state, self._assessment) if self._assessment else []

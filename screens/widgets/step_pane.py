"""The step at the cursor: what it is, what became of it, what to do, and what it prints."""

from __future__ import annotations

from datetime import datetime

from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.content import Content

from journal.incident.records import Run
from journal.plan.model import Step
from journal.wording.sanitize import sanitize
from screens.guidance.advice import advice
from screens.guidance.looks import seen_last
from screens.guidance.names import title
from screens.guidance.next_action import PrimaryAction, primary_action
from screens.guidance.progress import progress
from screens.guidance.step_text import context_text, outcome_text
from screens.live.session import Session
from screens.widgets.breakpoints import WIDE
from screens.widgets.content import STYLES, content
from screens.widgets.output_view import OutputView
from screens.widgets.quiet import Quiet
from screens.widgets.text_block import TextBlock
from screens.widgets.titled import entitle

_SCROLL_BAR = 1
_WANTED_OUTPUT, _LEAST_OUTPUT = 10, 3
"""Rows, with its title: what the output should have on a wide screen, and with fewer than which it is hidden."""


class StepPane(Vertical):
    """Shows one step: what became of it comes first and whole. What it prints comes last, where there is room."""

    _outcome = 0
    """How many lines of the text say what became of the step."""

    def compose(self) -> ComposeResult:
        """Lay out title, advice, text, progress, output."""
        yield Quiet(id="advice")
        with VerticalScroll(id="step-scroll"):
            yield TextBlock(id="step-text")
        yield Quiet(id="progress")
        yield OutputView(id="output")

    def show(self, session: Session, step: Step, now: datetime) -> None:
        """Show ``step`` as it is now."""
        incident = session.incident
        if incident is None:
            return
        entitle(self, title(incident, step))
        urgent = primary_action(incident, step, session.catalogue) in (PrimaryAction.RESOLVE, PrimaryAction.RUN_AGAIN)
        words = advice(incident, step, session.catalogue)
        if session.runner_missing and incident.state(step.id).active:
            urgent, words = True, "No runner is there any more. r: start one; it looks what became of this"
        self._line("advice").show(Content.assemble((words, STYLES["bad" if urgent else "accent"])))
        outcome = [*outcome_text(incident, step, now), *seen_last(incident, step)]
        self._outcome = len(outcome)
        self._text.show([*outcome, *context_text(incident, step, session.catalogue)])
        self.show_run(session, step, now)

    def show_run(self, session: Session, step: Step, now: datetime) -> None:
        """Show what moves by itself while the step runs: progress and output."""
        run = shown_run(session, step)
        session.watch("step", run.id if run else 0)
        self._show_progress(_progress(session, run, now))
        self.show_output(session, run)

    def _show_progress(self, bar: Content) -> None:
        """Show it, with its height set by a class: with an automatic one, each new figure costs a layout."""
        shown = self._line("progress")
        shown.show(bar)
        shown.set_class(not bar, "-empty")
        shown.set_class("\n" in bar.plain or bar.cell_length > self.content_size.width, "-two")

    def show_output(self, session: Session, run: Run | None) -> None:
        """Show what the run printed, if it printed anything."""
        lines = session.tails.get(run.id) if run else ()
        view = self.query_one("#output", OutputView)
        view.show(lines or ())
        if lines is not None:  # None: not read yet, so keep the height as it is
            self.set_class(not lines, "-quiet")
        if run:
            entitle(view, _output_title(run))
        self.share_out()

    def on_descendant_focus(self) -> None:
        """Take most of a narrow screen while somebody reads here."""
        self.screen.add_class("-reading")

    def on_descendant_blur(self) -> None:
        """Give the room back."""
        self.screen.remove_class("-reading")

    def on_resize(self) -> None:
        """Share the new room."""
        self.share_out()

    def share_out(self) -> None:
        """Give what became of the step the room that it needs, and the rest to what the step prints.

        The text gets all of it where too little would be left; else it is scrolled only if it is longer than its part.
        """
        size = self.content_size
        if not size:
            return
        rows = size.height - self._rows("#advice") - self._rows("#progress")
        text = self._text_rows(size.width - _SCROLL_BAR, rows)
        squeezed = text > rows - _LEAST_OUTPUT
        self.set_class(squeezed, "-squeezed")
        self.query_one("#step-scroll").styles.height = "1fr" if squeezed or self.has_class("-quiet") else text

    def _text_rows(self, width: int, rows: int) -> int:
        """Return how many of ``rows`` the text gets; on a narrow screen, what became of the step and no more."""
        outcome = self._text.rows(width, self._outcome)
        if self.app.size.width < WIDE:
            return outcome
        return max(outcome, min(self._text.rows(width), rows - _WANTED_OUTPUT))

    def _rows(self, name: str) -> int:
        shown = self.query_one(name, Quiet)
        return shown.outer_size.height if shown.text else 0

    @property
    def _text(self) -> TextBlock:
        return self.query_one("#step-text", TextBlock)

    def _line(self, name: str) -> Quiet:
        return self.query_one(f"#{name}", Quiet)


def _output_title(run: Run) -> str:
    what = "dry run, changes nothing" if run.dry_run else "probe, read-only" if run.probe_of else "output"
    return f"{sanitize(run.action)}: {what}"


def _progress(session: Session, run: Run | None, now: datetime) -> Content:
    if session.incident is None or run is None:
        return Content("")
    reading, lines = session.readings.get(f"progress:{run.id}"), session.tails.get(run.id, ())
    return content(progress(session.incident, run, reading, lines, now))


def shown_run(session: Session, step: Step) -> Run | None:
    """Return the run whose output the step shows: the last one that started, dry runs and probes too."""
    incident = session.incident
    runs = incident.steps[step.id].runs if incident else []
    found = (incident.runs[run] for run in reversed(runs) if incident)
    return next((run for run in found if run.started_at), None)

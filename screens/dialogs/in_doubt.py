"""The dialog on a run in doubt: shows what is known, offers a look at what it left, and takes a person's verdict."""

from __future__ import annotations

from collections.abc import Iterable
from typing import cast

from textual.binding import Binding
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Button, Input, OptionList
from textual.widgets.option_list import Option

from journal.errors import CleoError
from journal.incident.looks import goes_on, look_words, looks_into, next_look
from journal.incident.records import Run
from journal.incident.state import Incident
from journal.wording import reasons
from journal.wording.sanitize import sanitize
from screens.dialogs.run_watch import WatchingDialog
from screens.guidance.run_text import doubt_lines
from screens.guidance.text import Line, labelled
from screens.guidance.verdicts import NO_PROBE, VERDICTS, Verdict
from screens.live.lifetime import is_open
from screens.live.session import Session
from screens.widgets.choices import Choices
from screens.widgets.content import block
from screens.widgets.field import Field
from screens.widgets.output_view import OutputView
from screens.widgets.quiet import Quiet


class DoubtDialog(WatchingDialog[None]):
    """Offers the action's probe, and asks for a verdict.

    Args:
        session: the incident.
        title: the step.
        run: the run in doubt.
    """

    BINDINGS = [Binding("ctrl+p", "probe", "Probe")]
    CONFIRM = "Say so"

    def __init__(self, session: Session, title: str, run: Run) -> None:
        super().__init__(session, f"IN DOUBT  {title}")
        self._doubtful = run
        self._probe = self._next_look()
        self._followed: set[int] = set()
        self._settled = ""
        self.add_class("-danger")

    def body(self) -> Iterable[Widget]:
        """Yield what is known, the probe, the verdicts, the reason."""
        run = self._doubtful
        yield Quiet(block(doubt_lines(run)))
        offer = f"p: look at {look_words(self._probe)} (read-only)" if self._probe else NO_PROBE
        yield Quiet(offer, id="run-status")
        yield Quiet(id="looked", classes="-empty")
        yield OutputView(id="run-output", classes="-empty")
        yield Quiet("what was it?", classes="label")
        yield Choices(*(Option(Content(text), id=name) for name, text in VERDICTS.items()), id="verdicts")
        yield Quiet("what tells you", classes="label")
        yield Field(id="reason")

    def buttons(self) -> Iterable[Widget]:
        """Yield probe, verdict, cancel."""
        if self._probe:
            yield Button("Probe (p)", id="probe", compact=True)
        yield from super().buttons()

    def on_mount(self) -> None:
        """Begin at the probe where there is one: look first. No verdict is chosen before a person chooses."""
        self.query_one(Choices).choose("")
        self.query_one("#probe" if self._probe else "#verdicts").focus()

    def key_p(self) -> None:
        """P looks, unless a field has the focus."""
        self.action_probe()

    def action_probe(self) -> None:
        """Ask for the read-only look."""
        if self._probe and (self.watched is None or self.watched.state.over):
            catalogue, run = self.session.catalogue, self._doubtful.id
            self.ask_for("probe", lambda commands: commands.probe(run, catalogue))

    def news(self) -> None:
        """Say what the looks saw, go on from the programs to the data, and say if another console settled it."""
        super().news()
        incident, look = self.session.incident, self.watched
        if incident is None or not self.query("#looked"):
            return
        self._show_looks(incident)
        run = incident.runs.get(self._doubtful.id)
        if run and run.verdict and not self._settled:
            self._settled = f"It was {run.settled}"
            self.query_one("#confirm", Button).disabled = True
            self.complain(f"{self._settled}. What you typed stays here; escape leaves.")
        elif look and look.id not in self._followed and goes_on(incident, look, self.session.catalogue):
            self._followed.add(look.id)
            self.action_probe()

    def _show_looks(self, incident: Incident) -> None:
        """Show the looks before the last one, which the status line has."""
        seen = [look for look in looks_into(incident, self._doubtful.id) if look.state.over and look.id != self.run_id]
        shown = self.query_one("#looked", Quiet)
        shown.show(block(_saw(look) for look in seen[-2:]))
        shown.set_class(not seen, "-empty")

    def _next_look(self) -> str:
        incident = self.session.incident
        return next_look(incident, self._doubtful, self.session.catalogue) if incident else ""

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Probe, and go on to the verdicts. The base class handles the other buttons: Textual calls it after this."""
        if event.button.id == "probe":
            self.action_probe()
            self.query_one(Choices).focus()

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """A verdict was chosen: go on to the reason."""
        event.stop()
        self.query_one("#reason").focus()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter in the reason says so."""
        event.stop()
        self.confirm()

    def confirm(self) -> None:
        """Give the verdict, unless it or the reason is missing."""
        chosen = self.query_one(Choices).chosen
        reason = self.query_one("#reason", Input).value.strip()
        if self._settled:
            self.complain(self._settled)
        elif not chosen:
            self.complain_of_no_choice()
        elif not reason:
            self.complain_at("reason", reasons.VERDICT)
        else:
            self._say_so(cast("Verdict", chosen), reason)

    def _say_so(self, verdict: Verdict, reason: str) -> None:
        """Write the verdict; what was typed stays where it is refused."""
        run = self._doubtful.id
        self.session.write(
            "resolve the doubt",
            lambda commands: commands.resolve(run, verdict, reason),
            lambda _: self.dismiss(None) if is_open(self) else None,
            self._refused,
        )

    def _refused(self, error: CleoError) -> None:
        if not is_open(self):
            self.session.post_failure(self._title, error)
        else:
            self.complain(f"{error.message} {error.hint}".strip())


def _saw(look: Run) -> Line:
    """Return what one look saw, and who asked for it."""
    words = look.refusal.message if look.refusal else look.in_doubt or look.summary
    return labelled("saw", sanitize(f"{look_words(look.action)}: {words} (asked by {look.requested_by})"))

"""The interlock before a destructive step: shows a dry run and the target, and wants the target's identity typed."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from typing import Any

from textual.content import Content
from textual.timer import Timer
from textual.widget import Widget
from textual.widgets import Button, Input

from journal.incident.closed_gates import gate_lines
from journal.incident.instances import instances
from journal.incident.records import Run
from journal.plan.model import Step
from journal.wording.other_incidents import other_incidents
from journal.wording.sanitize import sanitize
from screens.dialogs.dialog import UNREAD
from screens.dialogs.run_watch import WatchingDialog
from screens.guidance.confirmation import NOT_THE_TARGET, NOTHING_TYPED, Confirmation, Confirmed, confirmation
from screens.guidance.run_text import target_lines
from screens.guidance.step_text import call
from screens.live.session import Session
from screens.widgets.content import STYLES, block
from screens.widgets.field import Field
from screens.widgets.output_view import OutputView
from screens.widgets.quiet import Quiet
from screens.widgets.typing_target import TakesTyping

MOST_OUTPUT = 12
"""Most lines of the finished dry run that are shown, unshortened: what is kept, and what is restored where."""


class Interlock(WatchingDialog[Confirmed], TakesTyping):
    """Asks for a dry run first and shows it. Gives what was typed; that, with one enter, is the confirmation.

    Enter counts once the dry run's result can have been read: who keeps pressing it confirms nothing.

    Args:
        session: the incident.
        step: the destructive step.
        system: the inventory's system that it acts on; empty: the only one.
        params: what it is run with beside what the plan gives it.

    Attributes:
        result_unread: whether the dry run is over, and nobody can have read what it said.
    """

    DANGER = True
    CONFIRM = "Do it"
    CANCEL = "Cancel (esc)"

    def __init__(self, session: Session, step: Step, system: str = "", params: Mapping[str, Any] | None = None) -> None:
        super().__init__(session, f"DESTRUCTIVE  {_heading(session, step, system)}")
        self._step = step
        self._system = system
        self._params = params or {}
        self.result_unread = False
        self._reading: Timer | None = None
        self._result_at = float("inf")
        self.add_class("-danger")

    def body(self) -> Iterable[Widget]:
        """Yield the command, the dry run, the target."""
        yield Quiet(Content.assemble((call(self._step, self._params), "bold")), classes="label")
        yield Quiet(id="gates", classes="-empty")
        yield Quiet(id="run-status")
        yield OutputView(id="run-output", classes="-empty")
        yield Quiet(id="said", classes="-empty")
        yield Quiet("not known yet: the dry run tells", id="target")

    def foot(self) -> Iterable[Widget]:
        """Yield the field, always in sight. It takes text at once, which counts when the dry run is over."""
        yield Quiet("the dry run comes first", id="type-label")
        yield Field(id="typed", select_on_focus=False)

    def buttons(self) -> Iterable[Widget]:
        """Yield cancel first."""
        yield Button(self.CANCEL, id="cancel", compact=True)
        yield Button(self.CONFIRM, id="confirm", variant="error", compact=True, disabled=True)

    def on_mount(self) -> None:
        """Ask for the dry run. The focus is on the field: an enter too many neither cancels nor confirms."""
        self.query_one("#typed").focus()
        self.ask_for(
            "dry run",
            lambda commands: commands.request_run(
                self._step.id, system=self._system, params=self._params, dry_run=True
            ),
        )

    def news(self) -> None:
        """Show the dry run as it goes, and ask for the target when it is over."""
        super().news()
        run = self.watched
        if run is None:
            return
        self._show_gates(run)
        if run.target:
            self.query_one("#target", Quiet).show(block(target_lines(run.target)))
        if run.state.over:
            self._settle(run)

    def _show_gates(self, run: Run) -> None:
        """Show which gates would refuse the run, and which other incidents are open on the same systems."""
        closed = gate_lines(self.session.incident, run.closed) if self.session.incident else []
        lines = [*closed, *map(sanitize, other_incidents(self.session.readings))]
        gates = self.query_one("#gates", Quiet)
        gates.set_class(not lines, "-empty")
        gates.show(Content.styled("\n".join(lines), STYLES["urgent"]))

    def _settle(self, run: Run) -> None:
        self._show_said(run)
        label, asked = self.query_one("#type-label", Quiet), self._asked
        if asked.blocked:
            label.show(Content.styled(asked.blocked, STYLES["bad"]))
            self.query_one("#typed", Input).disabled = True
            self.query_one("#cancel").focus()
            self._judge()
            return
        warning = f"{asked.warning} " if asked.warning else ""
        label.show(Content.assemble((warning, STYLES["bad"]), "to go on, type  ", (asked.wanted, "bold")))
        if self._reading is None:
            self._reading = self.set_timer(self.UNREAD_S, self.result_can_be_read)
            self.result_unread, self._result_at = True, time.monotonic()
        self._judge()

    def result_can_be_read(self) -> None:
        """Take enter from now on: what the dry run said can have been read."""
        self.result_unread = False
        if self.complaint == UNREAD:
            self.complain("")

    def _show_said(self, run: Run) -> None:
        """Show the last lines of the dry run, wrapped, so that nothing of a line is cut off."""
        lines = [sanitize(line.text) for line in self.session.tails.get(run.id, ())]
        left_out = [f"({len(lines) - MOST_OUTPUT} lines before these: o, output)"] if len(lines) > MOST_OUTPUT else []
        self.query_one("#run-output", OutputView).display = False
        said = self.query_one("#said", Quiet)
        said.set_class(not lines, "-empty")
        said.show(Content("\n".join([*left_out, *lines[-MOST_OUTPUT:]])))

    def field_for_typing(self) -> Input | None:
        """Return the field: it takes letters wherever the focus is. Enter on cancel still cancels."""
        fields = (field for field in self.query("#typed").results(Input) if not field.disabled and not field.has_focus)
        return next(fields, None)  # none before the dialog is laid out

    def on_input_changed(self, event: Input.Changed) -> None:
        """Enable the button only when the target's identity was typed."""
        self.complain("")
        self._judge()

    def _judge(self) -> None:
        self.query_one("#confirm", Button).disabled = not self._matches()

    @property
    def _over(self) -> bool:
        return self.watched is not None and self.watched.state.over

    @property
    def _asked(self) -> Confirmation:
        run, incident = self.watched, self.session.incident
        return confirmation(incident, run) if run and incident else Confirmation("")

    def _matches(self) -> bool:
        wanted = self._asked.wanted
        return bool(wanted) and self.query_one("#typed", Input).value.strip() == wanted

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter in the field confirms, if the target is typed there."""
        event.stop()
        self.confirm()

    def confirm(self) -> None:
        """Give what was typed, or say why it confirms nothing."""
        if not self._over:
            self.complain("The dry run is not over yet: wait for it and read it. Nothing was done.")
        elif not self._matches():
            self.complain(NOT_THE_TARGET if self.query_one("#typed", Input).value.strip() else NOTHING_TYPED)
        elif self.result_unread and self.pressed_at - self._result_at < self.UNREAD_S:
            self.complain(UNREAD)
            self._result_at = max(self._result_at, self.pressed_at)
            if self._reading:
                self._reading.reset()
        else:
            self.dismiss(Confirmed(self.query_one("#typed", Input).value.strip(), self.run_id))


def _heading(session: Session, step: Step, system: str) -> str:
    """Return the step's number and title, and, where it acts on several systems, on which of them."""
    if session.incident is None:
        return step.title
    several = len(instances(session.incident, step)) > 1
    return session.incident.plan.named(step.id) + (f" on {system}" if several else "")

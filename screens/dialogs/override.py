"""The dialog after a refusal: which gate refused and why, and an override where the gate's policy allows one."""

from __future__ import annotations

from collections.abc import Iterable

from textual.widget import Widget
from textual.widgets import Button, Input

from journal.events.types import Override
from journal.incident.interlock import word_to_type
from journal.incident.records import Refusal, Run
from journal.wording import reasons
from screens.dialogs.dialog import Dialog
from screens.guidance.confirmation import NOT_THE_TARGET, gate_text, names_target
from screens.guidance.run_text import may_yield, wants_target
from screens.widgets.content import block
from screens.widgets.field import Field
from screens.widgets.quiet import Quiet


class OverrideDialog(Dialog[Override]):
    """Gives the override of one gate, for one run. Where the gate never yields, it only says so.

    Nothing that is typed goes to the reason before the focus was moved there: what comes by itself comes while people
    type something else, the target of another step for one.

    Args:
        title: the step.
        kind: the incident's kind.
        run: the refused run.
        target: what must be typed where the gate wants the target; empty where it is not known.
        opened_by: what opens the gate, in words; empty where nobody knows.
        by_itself: whether the refusal is shown as it comes, and not because of a key.
    """

    DANGER = True
    CONFIRM = "Go on anyway"
    CANCEL = "Leave it (esc)"

    def __init__(
        self, title: str, kind: str, run: Run, target: str = "", opened_by: str = "", *, by_itself: bool = False
    ) -> None:
        super().__init__(f"REFUSED  {title}", kind)
        if run.refusal is None:
            raise ValueError(f"run {run.id} was not refused")
        self._refusal: Refusal = run.refusal
        self.by_itself = by_itself
        self._opened_by = opened_by
        self._reason = next((one.reason for one in run.overrides if one.gate == self._refusal.gate), "")
        self._target = target or word_to_type(run.target)
        self.add_class("-danger")

    @property
    def _yields(self) -> bool:
        return may_yield(self._refusal)

    @property
    def _wants_target(self) -> bool:
        return wants_target(self._refusal)

    def body(self) -> Iterable[Widget]:
        """Yield the gate, its message, and the fields it yields to."""
        yield Quiet(block(gate_text(self._refusal, self._opened_by)))
        if not self._yields:
            return
        yield Quiet("why it must yield", classes="label")
        yield Field(self._reason, id="reason")
        if self._wants_target:
            yield Quiet(f"type the target: {self._target}" if self._target else "type the target", classes="label")
            yield Field(id="typed")

    def buttons(self) -> Iterable[Widget]:
        """Yield cancel first, and the override only where there is one."""
        yield Button(self.CANCEL, id="cancel", compact=True)
        if self._yields:
            yield Button(self.CONFIRM, id="confirm", variant="error", compact=True)

    def on_mount(self) -> None:
        """Begin at the button that leaves, or in the reason where a key has asked for it."""
        self.query_one("#reason" if self._yields and not self.by_itself else "#cancel").focus()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter goes on to the next field, at last to the button; it does not press it."""
        event.stop()
        last = "#typed" if self._wants_target else "#reason"
        self.query_one("#confirm" if f"#{event.input.id}" == last else last).focus()

    def confirm(self) -> None:
        """Give the override, unless something is missing or does not match."""
        reason = self.query_one("#reason", Input).value.strip()
        typed = self.query_one("#typed", Input).value.strip() if self._wants_target else ""
        if wrong := reasons.complaint(reason, reasons.OVERRIDE):
            self.complain_at("reason", wrong)
        elif self._wants_target and not names_target(typed, self._target):
            self.complain_at("typed", NOT_THE_TARGET)
        else:
            self.dismiss(Override(gate=self._refusal.gate, reason=reason, target=typed))

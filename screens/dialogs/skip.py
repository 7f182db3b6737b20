"""Leaving steps out: which, and why. Enter leaves out all that are ticked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input
from textual.widgets.selection_list import Selection

from journal.incident.state import Incident
from journal.plan.model import Step
from journal.wording import reasons
from journal.wording.sanitize import sanitize
from screens.dialogs.dialog import Dialog
from screens.guidance.left_out import NOTHING_HERE, shared_reason
from screens.guidance.names import title
from screens.widgets.field import Field
from screens.widgets.quiet import Quiet
from screens.widgets.tick_list import Ticks

_COLUMNS = 65
"""What a line of the list has room for, beside its box to tick."""


class SkipDialog(Dialog[Mapping[str, str]]):
    """Asks why steps are left out; where they are several, also which. Answers with each one's reason, by its id.

    Args:
        incident: its state.
        steps: which, in the order in which they are listed, each with the reason that is known; it may be empty. Of a
            single step it is what the field begins with; of several, each one's is added to what is typed for all.
    """

    CONFIRM = "Skip (enter)"

    def __init__(self, incident: Incident, steps: Sequence[tuple[Step, str]]) -> None:
        self._causes = {step.id: cause for step, cause in steps}
        self._names = {step.id: title(incident, step) for step, _ in steps}
        first, *others = self._names.values()
        super().__init__(f"Skip: {first}{f' and {len(others)} more' if others else ''}", incident.kind)

    @property
    def _several(self) -> bool:
        return len(self._causes) > 1

    def body(self) -> Iterable[Widget]:
        """Yield the steps, all ticked, each with its cause; nothing where there is but one."""
        if self._several:
            yield Quiet("up, then space: a step that is not left out", classes="label")
            yield Ticks[str](
                *(Selection(self._words(one), one, True) for one in self._causes), id="steps", compact=True
            )

    def foot(self) -> Iterable[Widget]:
        """Yield the reason, always in sight."""
        each = ", each one's own cause is added" if self._several and any(self._causes.values()) else ""
        yield Quiet(f"why (the report lists it{each})", classes="label")
        yield Field(id="words")

    def _words(self, step_id: str) -> Content:
        """Return a step and its cause in one line: the list has no room for two."""
        cause = sanitize(self._causes[step_id]).removesuffix(" is installed")
        return Content.assemble(self._names[step_id], (f"  {cause}", "$quiet")).truncate(_COLUMNS, ellipsis=True)

    def on_mount(self) -> None:
        """Begin at the reason, the last part, with what is known."""
        field = self.query_one("#words", Field)
        known = any(self._causes.values())
        field.fill_in((NOTHING_HERE if known else "") if self._several else next(iter(self._causes.values())))
        field.focus()

    def on_ticks_answered(self, event: Ticks.Answered) -> None:
        """Enter goes on to the reason."""
        event.stop()
        self.query_one("#words").focus()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter answers."""
        event.stop()
        self.confirm()

    def confirm(self) -> None:
        """Give the ticked steps with their reasons, unless there is no step or no reason."""
        typed, chosen = self.query_one("#words", Input).value.strip(), self._chosen()
        why = {one: shared_reason(typed, self._causes[one]) if self._several else typed for one in chosen}
        if not chosen:
            self.complain_at("steps", "No step is ticked, so nothing is left out.")
        elif wrong := reasons.complaint(typed, reasons.SKIP if not all(why.values()) else ""):
            self.complain_at("words", wrong)
        else:
            self.dismiss(why)

    def _chosen(self) -> list[str]:
        """Return the ids of the steps that are ticked, in their order."""
        ticked = {one for steps in self.query(Ticks).results(Ticks) for one in steps.selected}
        return [one for one in self._causes if one in ticked or not self._several]

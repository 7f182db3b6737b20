"""Choosing the one recovery point: latest, before a time, an LSN, a named backup. A time is shown in UTC first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input, OptionList
from textual.widgets.option_list import Option

from journal.incident.decisions import known_damage
from journal.incident.given_up import given_up
from journal.incident.state import Incident
from journal.plan.model import Step
from journal.store.rows import Reading
from journal.wording.sanitize import sanitize
from screens.dialogs.decision import DecisionDialog
from screens.guidance.times import NotATime, instant
from screens.live.clocked import clock_of
from screens.widgets.echo import Echo
from screens.widgets.field import Field
from screens.widgets.quiet import Quiet

_FORMS = {
    "latest": ("Latest: all that was archived", "Loses least. Brings damage back if there was any.", ""),
    "time": ("Before a time", "The last moment known to be good.", "14:05, yesterday 23:40, 2026-11-22T14:05:00Z"),
    "lsn": ("Up to a log position (LSN)", "Where somebody knows the position of the damage.", "0/3000060"),
    "backup": ("A named backup", "Nothing after that backup.", "the backup's label, as 20261122-020003F"),
}


class ChooseRecoveryPoint(DecisionDialog):
    """Four ways to name a moment; all but the first want a value. What it gives up is said before it is decided.

    Args:
        incident: its state.
        step: the step that asks.
        readings: the latest health readings: a system that is up goes on committing.
    """

    def __init__(self, incident: Incident, step: Step, readings: Mapping[str, Reading]) -> None:
        super().__init__(incident, step)
        self._readings = readings

    def answers(self) -> Iterable[Widget]:
        """Yield the forms, what is known of the damage, the value's field, and what the value will count as."""
        yield OptionList(*(self._option(form) for form in _FORMS), id="options", markup=False)
        if damage := known_damage(self._incident):
            yield Quiet(Content.assemble(("damage report  ", "$quiet"), sanitize(damage)), id="damage", classes="label")
        yield Quiet("value", id="value-label", classes="label")
        yield Field(id="value")
        yield Echo(id="echo")
        yield Quiet(id="given-up", classes="label")

    def _option(self, form: str) -> Option:
        title, text, _ = _FORMS[form]
        why = self.refused(form) if form == "latest" else ""
        if why:
            words = Content.assemble((f"✗ {title}\n", "$quiet strike"), (f"  REFUSED: {why}", "$text-error"))
            return Option(words, id=form, disabled=True)
        return Option(Content.assemble((title, "bold"), (f"\n  {text}", "$quiet")), id=form)

    def on_mount(self) -> None:
        """Begin at what was decided before, or at what the plan suggests."""
        form, _, value = self.suggested().partition(":")
        options = self.query_one("#options", OptionList)
        if form in _FORMS and not (form == "latest" and self.refused("latest")):
            options.highlighted = list(_FORMS).index(form)
            self.query_one("#value", Input).value = value
        else:
            options.action_first()
        options.focus()

    def on_option_list_option_highlighted(self, event: OptionList.OptionHighlighted) -> None:
        """Ask for the value that this form wants."""
        event.stop()
        form = event.option.id or "latest"
        wants = _FORMS[form][2]
        for name in ("value", "value-label", "echo"):
            self.query_one(f"#{name}").display = bool(wants)
        self.query_one("#value", Input).placeholder = wants
        self._echo()

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """A form was chosen: go on to its value, or to the reason."""
        event.stop()
        self.query_one("#reason" if event.option.id == "latest" else "#value", Input).focus()

    def on_input_changed(self, event: Input.Changed) -> None:
        """Say what the value will count as."""
        if event.input.id == "value":
            self._echo()

    def _form(self) -> str:
        option = self.query_one("#options", OptionList).highlighted_option
        return (option.id or "") if option else ""

    def _echo(self) -> None:
        value = self.query_one("#value", Input).value.strip()
        self.query_one(Echo).follow(value if self._form() == "time" and value else None)
        lines = given_up(self._incident, self.answer(), self._readings)
        words = Content.assemble(("gives up  ", "$quiet"), sanitize("; ".join(lines))) if lines else Content("")
        self.query_one("#given-up", Quiet).show(words)

    def answer(self) -> str:
        """Return the answer in the form in which it is kept; a time as its UTC instant."""
        form, value = self._form(), self.query_one("#value", Input).value.strip()
        if form in ("latest", "") or not value:
            return "latest" if form == "latest" else ""
        if form != "time":
            return f"{form}:{value}"
        try:
            return f"time:{instant(value, clock_of(self)()).isoformat()}"
        except NotATime:
            return f"time:{value}"

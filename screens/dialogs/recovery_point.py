"""Choosing the one recovery point: latest, before a time, positions of single systems. A time is shown in UTC first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial

from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input, OptionList
from textual.widgets.option_list import Option

from actions.positions import position_forms
from journal.incident.affected import is_hit
from journal.incident.decisions import known_damage
from journal.incident.recovery_point import NotARecoveryPoint, RecoveryPoint, parse, read
from journal.incident.state import Incident
from journal.plan.model import Step
from journal.store.rows import Reading
from journal.wording.sanitize import sanitize
from screens.dialogs.decision import DecisionDialog
from screens.guidance.recovery_points import consequences, other_moments, way_of, ways_here, written
from screens.guidance.times import NotATime, instant
from screens.live.clocked import clock_of
from screens.widgets.choices import Choices
from screens.widgets.echo import Echo
from screens.widgets.field import Field
from screens.widgets.quiet import Quiet


class ChooseRecoveryPoint(DecisionDialog):
    """The ways to name a moment; all but the first want a value. What it gives up is said before it is decided.

    Args:
        incident: its state.
        step: the step that asks.
        readings: the latest health readings: a system that is up goes on committing.
    """

    BECAUSE_FIRST = False

    def __init__(self, incident: Incident, step: Step, readings: Mapping[str, Reading]) -> None:
        super().__init__(incident, step)
        self._readings = readings
        self._forms = position_forms(incident)
        self._suggested_way = ""
        self._ways = ways_here(incident, self._forms)

    def answers(self) -> Iterable[Widget]:
        """Yield the ways, what is known of the damage, the value's field, and what the value will count as."""
        yield Choices(*(self._option(way) for way in self._ways), id="options", markup=False)
        if damage := known_damage(self._incident):
            yield Quiet(Content.assemble(("damage report  ", "$quiet"), sanitize(damage)), id="damage", classes="label")
        yield from (
            Quiet(Content.assemble(("or  ", "$quiet"), sanitize(other)), classes="label") for other in self._others()
        )
        yield from self.because()
        yield Quiet("value", id="value-label", classes="label")
        yield Field(id="value")
        yield Echo(id="echo")
        yield Quiet(id="given-up", classes="label")

    def _others(self) -> list[str]:
        return other_moments(self._incident, self.suggested())

    def _option(self, way: str) -> Option:
        title, text, *_ = self._ways[way]
        why = self.refused(way) if way == "latest" else ""
        if why:
            words = Content.assemble((f"✗ {title}\n", "$quiet strike"), (f"  REFUSED: {why}", "$text-error"))
            return Option(words, id=way, disabled=True)
        return Option(Content.assemble((title, "bold"), (f"\n  {text}" if text else "", "$quiet")), id=way)

    def on_mount(self) -> None:
        """Begin at what was decided before, or suggests itself: in its value, where it has one."""
        point = read(self.suggested())
        way, value = way_of(point) if point else ("", "")
        self._suggested_way = way
        options = self.query_one(Choices)
        if not (way == "latest" and self.refused("latest")):
            options.choose(way)
        self.query_one("#value", Field).fill_in(value)
        self._ask_for_value()
        (self.query_one("#value") if value else options).focus()

    def on_option_list_option_highlighted(self, event: OptionList.OptionHighlighted) -> None:
        """Ask for the value that this way wants."""
        event.stop()
        self._ask_for_value()

    def _ask_for_value(self) -> None:
        way = self._way()
        wants = self._ways[way].example if way else ""
        for name in ("value", "value-label"):
            self.query_one(f"#{name}").display = bool(wants)
        self.query_one(Echo).display = way == "time"
        self.query("#because").set(display=way == self._suggested_way)
        self.query_one("#value", Input).placeholder = wants
        self._echo()

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """A way was chosen: go on to its value, or to the reason."""
        event.stop()
        self.query_one("#reason" if event.option.id == "latest" else "#value", Input).focus()

    def on_input_changed(self, event: Input.Changed) -> None:
        """Say what the value will count as."""
        if event.input.id == "value":
            self._echo()

    def _way(self) -> str:
        return self.query_one(Choices).chosen

    def _echo(self) -> None:
        value = self.query_one("#value", Input).value.strip()
        self.query_one(Echo).follow(value if self._way() == "time" and value else None)
        given_up = self.query_one("#given-up", Quiet)
        given_up.show(self._consequences())
        if value:
            self.call_after_refresh(given_up.scroll_visible, animate=False)

    def _consequences(self) -> Content:
        """Return what the point gives up, and what may stand in its way; nothing while it is half typed."""
        point = self._point()
        said = dict[str, list[str]]()
        for label, line in consequences(self._incident, point, self._forms, self._readings) if point else ():
            said.setdefault(label, []).append(line)
        return Content("\n").join(
            Content.assemble((f"{label}  ", "$quiet"), sanitize("; ".join(lines))) for label, lines in said.items()
        )

    def _point(self) -> RecoveryPoint | None:
        try:
            return parse(self.answer(), self._forms, self._incident.roster.players, partial(is_hit, self._incident))
        except NotARecoveryPoint:
            return None

    def answer(self) -> str:
        """Return the answer as it is parsed; a time as its UTC instant."""
        way, value = self._way(), self.query_one("#value", Input).value.strip()
        if way in ("latest", "") or not value:
            return "latest" if way == "latest" else ""
        if way != "time":
            return written(way, value)
        try:
            return f"time:{instant(value, clock_of(self)()).isoformat()}"
        except NotATime:
            return f"time:{value}"

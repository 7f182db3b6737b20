"""Every system's health in full: what was measured, when, and how it changed since the beginning."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from textual.containers import Container, VerticalScroll
from textual.content import Content
from textual.widget import Widget
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from journal.events.types import HealthChanged
from journal.store.reader import Reader
from journal.wording.durations import rough_duration
from journal.wording.instants import age, offset, utc
from journal.wording.sanitize import sanitize
from screens.guidance.at_risk import at_risk_lines, at_risk_of
from screens.guidance.health import Health, health
from screens.guidance.symbols import health_look
from screens.live.clocked import clock_of
from screens.pages.page import FullScreen
from screens.widgets.content import STYLES, content
from screens.widgets.quiet import Quiet, show_option

_AT_RISK = "\0at-risk"
"""The entry below the systems: no system has such a name."""


class Change(NamedTuple):
    """One transition of one system."""

    at: datetime
    system: str
    was: str
    status: str
    detail: str


class Changes(NamedTuple):
    """The transitions up to the event ``seq``."""

    seq: int
    found: list[Change]


def read_changes(reader: Reader, after: int) -> Changes:
    """Return the transitions that follow the event ``after``."""
    head = reader.head()[0]
    found = [
        Change(event.at, body.system, body.was, body.status, body.detail)
        for event in reader.events(after, types=("health.changed",), until=head)
        if isinstance(body := event.body, HealthChanged)
    ]
    return Changes(head, found)


class HealthScreen(FullScreen):
    """The systems on the left, the one at the cursor on the right."""

    CSS_PATH = ["page.tcss", "health.tcss"]
    HEADING = "Health"
    NAME = "health"
    AUTO_FOCUS = "#systems"
    _seq = 0
    _asking = False

    def body(self) -> Iterable[Widget]:
        """Yield the list and the one system."""
        self._changes: list[Change] = []
        with Container(id="panes"):
            yield OptionList(id="systems", markup=False)
            with VerticalScroll(id="one-scroll", can_focus=False):
                yield Quiet(id="one")

    def refresh_body(self) -> None:
        """Show every system as it stands now, and look for changes."""
        now, systems = clock_of(self)(), self.query_one("#systems", OptionList)
        names = self.incident.roster.shown
        if [option.id for option in systems.options] != [*names, _AT_RISK]:
            systems.set_options([Option("", id=name) for name in (*names, _AT_RISK)])
            systems.highlighted = 0
        show_option(systems, len(names), Content.styled("  At risk now: all", "bold"))
        for place, name in enumerate(names):
            show_option(systems, place, _line(health(self.incident, self.session.readings, name, now)))
        self._show_one()
        if self._seq < self.incident.seq and not self._asking:
            self._asking = True
            self.lookup.ask(lambda reader: read_changes(reader, self._seq), self._take)

    def _take(self, changes: Changes) -> None:
        self._asking = False
        self._seq = changes.seq
        self._changes += changes.found
        self._show_one()

    def not_found(self) -> None:
        """The journal could not be read: ask again with the next news."""
        self._asking = False

    def on_option_list_option_highlighted(self, event: OptionList.OptionHighlighted) -> None:
        """Another system: show it."""
        event.stop()
        self._show_one()

    def _show_one(self) -> None:
        systems = self.query_one_optional("#systems", OptionList)
        one = self.query_one_optional("#one", Quiet)
        if systems is None or one is None:  # while the page is built or closed, only one may exist
            return
        option = systems.highlighted_option
        if option and option.id:
            one.show(self._all_at_risk() if option.id == _AT_RISK else self._one(option.id))

    def _all_at_risk(self) -> Content:
        """Return what would be lost of every system, a line each."""
        found = at_risk_lines(self.incident, self.session.readings, clock_of(self)())
        head = Content.styled("At risk now, with the system and with its whole site", "bold")
        return Content("\n").join([head, *(content(text) for text in found)])

    def _one(self, name: str) -> Content:
        """Return everything that is known of one system."""
        now, reading = clock_of(self)(), self.session.readings.get(f"health:{name}")
        found = health(self.incident, self.session.readings, name, now)
        look = (f"{found.look.symbol} {found.look.word}", STYLES[found.look.tone])
        lines = [Content.assemble((found.title, "bold"), "  ", look)]
        lines += [Content(text) for text in (found.detail, found.seen) if text]
        lines += [content(text) for text in at_risk_of(self.incident, self.session.readings, name, now)]
        if reading is None:
            lines.append(Content.assemble(("Nobody measured it. It is not known to be well.", "$text-warning")))
        else:
            lines.append(_labelled("measured", f"{utc(reading.at)}, {age(reading.at, now)}"))
            facts = reading.payload.get("facts") or {}
            lines += [_labelled(sanitize(fact), sanitize(_value(fact, facts[fact]))) for fact in facts]
        return Content("\n").join([*lines, Content(""), *self._history(name)])

    def _history(self, name: str) -> list[Content]:
        changes = [change for change in reversed(self._changes) if change.system == name]
        if not changes:
            return [Content.assemble(("No change was seen.", "$quiet"))]
        head = Content.assemble(("Changes, the latest first", "bold $text-accent"))
        return [head, *(self._change(change) for change in changes)]

    def _change(self, change: Change) -> Content:
        look = health_look(change.status)
        since = offset((change.at - self.incident.began_at).total_seconds())
        was = f"{sanitize(change.was)} → " if change.was else ""
        return Content.assemble(
            (f"{change.at:%H:%M:%S} UTC  {since}  ", "$quiet"), was, (f"{look.symbol} {look.word}", STYLES[look.tone]),
            f"  {sanitize(change.detail)}" if change.detail else "",
        )  # fmt: skip


def _line(found: Health) -> Content:
    return Content.assemble(
        (f"{found.look.symbol} ", STYLES[found.look.tone]),
        (f"{found.title:<24} ", "bold"),
        (found.look.word, STYLES[found.look.tone]),
    )


def _labelled(label: str, value: str) -> Content:
    return Content.assemble((f"{label:<17} ", "$quiet"), value)


def _value(name: str, value: object) -> str:
    """Return a fact as people read it; names that end in ``_s`` are in seconds."""
    if name.endswith("_s") and isinstance(value, int | float):
        return rough_duration(value)
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)

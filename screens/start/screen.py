"""The start screen: the incidents that are open, those that are closed, and declaring a new one."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.content import Content
from textual.screen import Screen
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from journal.commands.offer import Offer
from journal.errors import CleoError
from journal.wording.counting import count
from journal.wording.instants import age
from journal.wording.reasons import DISMISS
from journal.wording.sanitize import sanitize
from screens.app_services import AppServices, IncidentSummary
from screens.lazy import build, push
from screens.live.clocked import clock_of
from screens.live.lifetime import is_open
from screens.widgets.key_line import KeyLine
from screens.widgets.kind_badge import kind_badge
from screens.widgets.quiet import Quiet

_REFRESH = 5.0
_OFFERED = 3
"""Alerts that are shown at once, the newest first."""

START_BINDINGS = [
    Binding("enter", "select", "open", tooltip="open the incident under the cursor"),
    Binding("d", "declare", "declare an incident", tooltip="declare a new incident"),
    Binding("a", "answer", "declare from the alert", show=False, tooltip="declare what the alert above tells"),
    Binding(
        "x",
        "dismiss_alert",
        "dismiss the alert",
        show=False,
        tooltip="the alert above is nothing to be declared: say why",
    ),
    Binding("question_mark", "help", "help", key_display="?", tooltip="keys and symbols"),
    # Not escape: one too many on the way back would leave a person typing into the shell.
    Binding("q", "app.quit", "quit", tooltip="leave the console"),
]


class StartScreen(Screen[None]):
    """Lists the incidents, the open ones first. One whose journal cannot be read says why.

    Args:
        services: what the program does for its screens.
        offer: an alert, with whose declaration to begin.
    """

    CSS_PATH = "screen.tcss"
    BINDINGS = START_BINDINGS  # type: ignore[assignment]

    def __init__(self, services: AppServices, offer: Offer | None = None) -> None:
        super().__init__()
        self.services, self._first = services, offer
        self._shown: list[IncidentSummary] = []
        self._offers: Sequence[Offer] = ()

    def compose(self) -> ComposeResult:
        """Lay out title, list, keys."""
        yield Quiet(Content.assemble(("CLEO", "bold"), "  disaster recovery console"), id="title")
        yield Quiet(id="warnings")
        yield Quiet("looking for incidents…", id="lead")
        yield Quiet(id="offers")
        yield Quiet(id="readiness")
        yield OptionList(id="incidents", markup=False)
        yield KeyLine(id="keys")

    def on_mount(self) -> None:
        """Look for incidents now, and again every few seconds."""
        self.bindings_updated_signal.subscribe(self, lambda _: self._show_keys())
        self.query_one(OptionList).focus()
        self.look()
        self.set_interval(_REFRESH, self.look)
        if self._first:
            self.call_after_refresh(push, self.app, "declare", self.services, self._first, then=self.open)

    @work(exclusive=True)
    async def look(self) -> None:
        """Read the list, in a thread."""
        try:
            found = list(await asyncio.to_thread(self.services.incidents))
            warnings = list(await asyncio.to_thread(self.services.warnings))
            offers = list(await asyncio.to_thread(self.services.offers))
            ready = await asyncio.to_thread(self._readiness)
        except CleoError as error:
            if is_open(self):
                self.query_one("#lead", Quiet).show(Content.assemble((sanitize(str(error)), "bold $text-error")))
            return
        if not is_open(self):  # it was left while the list was read
            return
        self.query_one("#warnings", Quiet).show("\n".join(f"! {sanitize(text)}" for text in warnings))
        self._show_offers(offers)
        self.query_one("#readiness", Quiet).show(ready)
        self.query_one("#readiness", Quiet).display = bool(ready)
        self._show(sorted(found, key=lambda one: (one.closed_at is not None, bool(one.note))))

    def _show(self, found: list[IncidentSummary]) -> None:
        lead = lead_line(found)
        self.query_one("#lead", Quiet).show(lead)
        if found == self._shown:
            return
        self._shown = found
        options = self.query_one(OptionList)
        at = options.highlighted_option.id if options.highlighted_option else None
        now = clock_of(self)()
        options.set_options(Option(self._prompt(one, now), id=one.id) for one in found)
        self._show_keys()
        if found:
            # By name: a list that moved under the cursor would have enter open another incident.
            options.highlighted = next((row for row, one in enumerate(found) if one.id == at), 0)

    def _show_offers(self, offers: Sequence[Offer]) -> None:
        self._offers = offers
        now = clock_of(self)()
        lines = [offer_line(one, now) for one in offers[:_OFFERED]]
        if len(offers) > _OFFERED:
            lines.append(Content.assemble(f"      and {count(len(offers) - _OFFERED, 'more alert')} behind these"))
        self.query_one("#offers", Quiet).show(Content("\n").join(lines))
        self.query_one("#offers", Quiet).display = bool(lines)
        self._show_keys()

    def _readiness(self) -> Content:
        """Return what `cleo ready` found last; empty where it never looked. It is read in a thread."""
        from journal.readiness.result import read  # an hour old or none: the first frame does not wait for it
        from screens.guidance.readiness import readiness_line

        found = read(self.services.paths)
        if found is None:
            return Content()
        return Content.assemble(("READY? ", "bold $text-accent"), readiness_line(found, self.services.now()))

    def _show_keys(self) -> None:
        words = {"answer": "declare from the alert", "dismiss_alert": "dismiss it"} if self._offers else {}
        self.query_one(KeyLine).show_keys({"select": "open" if self._shown else "", **words})

    def _prompt(self, one: IncidentSummary, now: datetime) -> Content:
        line = incident_line(one, now, colour=not self.app.no_color)
        return line.truncate(max(20, self.size.width - 2), ellipsis=True)

    def action_select(self) -> None:
        """Open the incident under the cursor."""
        option = self.query_one(OptionList).highlighted_option
        if option and option.id:
            self.open(option.id)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Enter or a click opens the incident."""
        event.stop()
        self.open(event.option.id or "")

    def open(self, incident_id: str) -> None:
        """Open an incident, unless its journal cannot be read."""
        one = next((one for one in self._shown if one.id == incident_id), None)
        if one is not None and one.note:
            push(self.app, "problem", f"{one.id} cannot be opened", one.note, f"See: cleo journal verify {one.id}")
        else:
            self.app.switch_screen(build("incident", self.services, incident_id))

    def action_declare(self) -> None:
        """Declare an incident, then open it."""
        push(self.app, "declare", self.services, then=self.open)

    def action_answer(self) -> None:
        """Declare what the newest alert tells, then open it."""
        if self._offers:
            push(self.app, "declare", self.services, self._offers[0], then=self.open)

    def action_dismiss_alert(self) -> None:
        """Dismiss the newest alert, for a reason that is kept; it comes back if it fires anew."""
        if not self._offers:
            return
        offer = self._offers[0]
        fields = {"label": "why it is nothing to be declared", "required": DISMISS, "confirm": "Dismiss"}
        text = f"{offer.source}: {offer.title}\nIt comes back if it fires anew."
        push(
            self.app, "words", "Dismiss the alert", "", text=text, then=lambda why: self._dismiss(offer, why), **fields
        )

    @work
    async def _dismiss(self, offer: Offer, why: str) -> None:
        try:
            await asyncio.to_thread(self.services.dismiss, offer, why)
        except CleoError as error:
            push(self.app, "problem", "The alert is not dismissed", error.message, error.hint)
        self.look()

    def action_help(self) -> None:
        """Show every key and symbol."""
        push(self.app, "help", START_BINDINGS)


def lead_line(found: Sequence[IncidentSummary]) -> Content:
    """Return the line that says what to do first."""
    open_ones = [one for one in found if one.closed_at is None and not one.note]
    words, keys = "No incident is open.", "[d: declare one]"
    if open_ones:
        many = len(open_ones) > 1
        words = f"{len(open_ones)} incidents are open." if many else "1 incident is open."
        keys = "[enter: open]  [d: declare another]"
    return Content.assemble(("NEXT  ", "bold $text-accent"), f"{words}  ", (keys, "bold"))


def offer_line(one: Offer, now: datetime) -> Content:
    """Return the line of an alert that nobody answered yet."""
    words = f"{one.source}, {age(one.told_at, now)}: {sanitize(one.title)}"
    return Content.assemble(("ALERT ", "bold $text-error"), words)


def incident_line(one: IncidentSummary, now: datetime, *, colour: bool = True) -> Content:
    """Return an incident's line in the list; closed ones dimmed."""
    if one.note:
        return Content.assemble((f"{one.id}  ", "bold"), ("cannot be read: ", "bold $text-error"), sanitize(one.note))
    doubt = (f"  {one.in_doubt} IN DOUBT", "bold $text-error") if one.in_doubt else ""
    if one.closed_at:
        words = f"{one.id}  {one.kind:8}  closed {age(one.closed_at, now)}  {sanitize(one.title)}"
        return Content.assemble((words, "$quiet"), doubt)
    declared = f"  declared {age(one.declared_at, now)}" if one.declared_at else ""
    return Content.assemble(
        kind_badge(one.kind, colour=colour),
        (f" {one.id}  {sanitize(one.severity)}", "bold"),
        declared,
        doubt,
        f"  {sanitize(one.title)}",
    )

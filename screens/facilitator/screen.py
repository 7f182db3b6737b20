"""The facilitator's console: injects with what is expected, the clock, and notes on the participants."""

from __future__ import annotations

import asyncio
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.screen import Screen
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from journal.errors import CleoError
from journal.wording.durations import stopwatch
from screens.app_services import AppServices
from screens.facilitator.following import Following, InjectRow, Person, Seen
from screens.facilitator.keys import LeadingKeys
from screens.facilitator.next_words import next_to_lead
from screens.facilitator.words import inject_detail, inject_line, person_detail, person_line
from screens.lazy import build, push
from screens.live.clocked import clock_of
from screens.live.lifetime import is_open
from screens.live.listener import tell_listeners
from screens.live.lookup import Lookup
from screens.live.session import Session
from screens.widgets.breakpoints import BREAKPOINTS
from screens.widgets.content import block, content
from screens.widgets.key_line import KeyLine
from screens.widgets.kind_badge import kind_badge
from screens.widgets.quiet import Quiet, show_option
from screens.widgets.status_line import trouble_lines

_CLOCK_S = 1.0
_COMING = ("comes", "waits", "held", "skipped")


class FacilitatorScreen(Screen[None]):
    """Leads one exercise. Every key writes one event at most; players see what they are told, and nothing else of it.

    Args:
        services: what the program does for its screens.
        incident_id: which incident.
    """

    CSS_PATH = "screen.tcss"
    AUTO_FOCUS = "#injects"
    HORIZONTAL_BREAKPOINTS = BREAKPOINTS
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("g", "give", "give", tooltip="give the inject at the cursor now, whatever its time"),
        Binding("space", "hold", "hold", key_display="spc", tooltip="hold the inject back, or let it go on"),
        Binding("s", "skip", "skip", tooltip="leave the inject out, or take it in again"),
        Binding("w", "reword", "say", tooltip="say the inject in other words"),
        Binding("a", "address", "for", tooltip="say whom the inject is for: a role or a name"),
        Binding("p", "pause", "stop", tooltip="stop the exercise's clock, or let it go on"),
        Binding(
            "i", "hint", "hint", tooltip="help with a hint; where the inject at the cursor was given, with its next one"
        ),
        Binding("f", "free", "free", tooltip="an inject of your own, now; it may want an answer"),
        Binding("b", "back", "rewind", tooltip="take the tabletop back to a moment; what came after does not count"),
        Binding("n", "note", "note", tooltip="note something of the participant at the cursor (tab goes there)"),
        Binding("t", "timeline", "timeline", show=False, tooltip="the timeline, or back"),
        Binding("h", "health", "health", show=False, tooltip="how the systems are, or back"),
        Binding("R", "report", "report", show=False, tooltip="the report, or back"),
        Binding("question_mark", "help", "help", key_display="?", tooltip="all keys of this screen"),
        Binding("q", "leave", "quit", tooltip="leave: the exercise goes on while anybody is at the table"),
    ]

    def __init__(self, services: AppServices, incident_id: str) -> None:
        super().__init__()
        self.session = Session(services, incident_id, self)
        self._services = services
        self._lookup = Lookup(self.session.path, self)
        self._following = Following()
        self._seen = Seen((), ())
        keys = LeadingKeys(self.app, self.session, lambda: self._row, lambda: self._person)
        self.action_give, self.action_hold, self.action_skip = keys.give, keys.hold, keys.skip
        self.action_reword, self.action_address = keys.reword, keys.address
        self.action_pause, self.action_hint, self.action_note = keys.pause, keys.hint, keys.note
        self.action_free, self.action_back = keys.free, keys.back

    def compose(self) -> ComposeResult:
        """Lay out title, injects, the one at the cursor, participants, keys."""
        yield Quiet(id="title")
        yield Quiet(id="trouble", classes="-empty")
        yield OptionList(id="injects", markup=False)
        yield Quiet(id="detail")
        yield OptionList(id="people", markup=False)
        yield Quiet(id="next")
        yield KeyLine(id="keys")

    def on_mount(self) -> None:
        """Sit down at the table, and follow it."""
        self.bindings_updated_signal.subscribe(self, lambda _: self._show_keys())
        self.set_interval(_CLOCK_S, self._draw)
        self.run_worker(self._open())

    async def _open(self) -> None:
        try:
            await asyncio.to_thread(lambda: self._services.open(self.session.id).close())
        except CleoError as error:
            problem = build("problem", "This exercise cannot be opened", error.message, error.hint)
            await self.app.push_screen_wait(problem)
            self.app.exit()
            return
        self.session.start()

    def on_unmount(self) -> None:
        """Let go of the journal."""
        self.session.stop()
        self._lookup.close()

    def on_session_arrived(self, event: Session.Arrived) -> None:
        """Take in the news, and read what is shown of them."""
        news = self.session.take()
        if news.opened and self.session.state.closed_at is None:
            self.session.request("start the runner", lambda commands: None)
        self._lookup.ask(self._following.look, self._found)
        tell_listeners(self.app)

    def on_session_wrote(self, event: Session.Wrote) -> None:
        """Something was written, or was not: show why not."""
        self.session.settle(event)

    def on_lookup_found(self, event: Lookup.Found) -> None:
        """Take an answer from the journal; what cannot be read, the follower says."""
        if is_open(self) and not isinstance(event.future.exception(), CleoError):
            event.then(event.future.result())

    def _found(self, seen: Seen) -> None:
        self._seen = seen
        self._draw()

    def _draw(self) -> None:
        """Show everything as it is now; what did not change is not painted."""
        if not is_open(self) or self.session.incident is None:
            return
        incident, now = self.session.incident, clock_of(self)()
        self.query_one("#title", Quiet).show(self._title())
        trouble = block(trouble_lines(self.session))  # what players were told stands in the list
        self.query_one("#trouble", Quiet).show(trouble)
        self.query_one("#trouble", Quiet).set_class(not trouble, "-empty")
        how = {"paused": incident.review.paused, "over": incident.closed_at is not None}
        _fill(self._list("injects"), [content(inject_line(row, now, **how)) for row in self._seen.injects])
        _fill(self._list("people"), [content(person_line(one, now)) for one in self._seen.people])
        self.query_one("#next", Quiet).show(self._next())
        self._draw_detail()
        self.refresh_bindings()

    def _next(self) -> Content:
        found = next_to_lead(self.session.state, self._seen, clock_of(self)())
        key = f"  [{found.key}]" if found.key else ""
        return Content.assemble((" NEXT  ", "bold"), found.words, (key, "bold $primary"))

    def _title(self) -> Content:
        incident = self.session.state
        began = incident.review.exercise_began_at or incident.declared_at
        badge = kind_badge(incident.kind, colour=not self.app.no_color)
        into = stopwatch((clock_of(self)() - began).total_seconds())
        state = "  CLOSED" if incident.closed_at else "  STOPPED" if incident.review.paused else ""
        pieces = ((" Leading  ", "bold"), (incident.id, "$quiet"), f"   {into} into it", (state, "bold $text-warning"))
        return Content.assemble(badge, *pieces)

    def _draw_detail(self) -> None:
        person, row = self._person, self._row
        at_people = self.focused is not None and self.focused.id == "people"
        lines = person_detail(person) if at_people and person else inject_detail(row) if row else []
        self.query_one("#detail", Quiet).show(block(lines))

    def _show_keys(self) -> None:
        if is_open(self):
            row, incident = self._row, self.session.incident
            words = {
                "hold": "let go" if row and row.state == "held" else "hold",
                "skip": "take in" if row and row.state == "skipped" else "skip",
                "pause": "run" if incident and incident.review.paused else "stop",
            }
            self.query_one(KeyLine).show_keys(words)

    def on_option_list_option_highlighted(self, event: OptionList.OptionHighlighted) -> None:
        """The cursor is on another line."""
        self._draw_detail()
        self.refresh_bindings()

    def on_descendant_focus(self) -> None:
        """The cursor went to the other list."""
        self._draw_detail()

    def on_resize(self) -> None:
        """Draw for the new width."""
        self._draw()

    def _list(self, name: str) -> OptionList:
        return self.query_one(f"#{name}", OptionList)

    @property
    def _row(self) -> InjectRow | None:
        place = self._list("injects").highlighted
        return self._seen.injects[place] if place is not None and place < len(self._seen.injects) else None

    @property
    def _person(self) -> Person | None:
        place = self._list("people").highlighted
        return self._seen.people[place] if place is not None and place < len(self._seen.people) else None

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Return whether a key applies now: the key line shows no other."""
        incident = self.session.incident
        if action not in ("give", "hold", "skip", "reword", "address", "pause", "hint", "free", "back", "note"):
            return True
        if not self.is_mounted or incident is None:
            return False
        if action == "note":
            return self._person is not None
        if action in ("pause", "hint", "free", "back"):
            possible = action != "back" or incident.history is not None  # what was done to real systems stays done
            return incident.closed_at is None and possible
        return incident.closed_at is None and self._row is not None and self._row.state in _COMING

    def action_timeline(self) -> None:
        """Show the timeline."""
        push(self.app, "timeline", self.session)

    def action_health(self) -> None:
        """Show how the systems are."""
        push(self.app, "health", self.session)

    def action_contacts(self) -> None:
        """Show who was called."""
        push(self.app, "contacts", self.session)

    def action_report(self) -> None:
        """Show the report."""
        push(self.app, "report", self.session)

    def action_help(self) -> None:
        """Show this screen's keys."""
        push(self.app, "help", [binding for binding in self.BINDINGS if isinstance(binding, Binding)])

    def action_leave(self) -> None:
        """Leave at once."""
        self.app.exit(message=f"Come back with: cleo exercise lead {self.session.id}")


def _fill(options: OptionList, words: list[Content]) -> None:
    """Show these lines, and keep the cursor where it is."""
    if options.option_count != len(words):
        at = options.highlighted
        options.set_options([Option(one) for one in words])
        options.highlighted = min(at or 0, len(words) - 1) if words else None
    for place, one in enumerate(words):
        show_option(options, place, one)

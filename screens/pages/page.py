"""What all whole screens above the incident console share: the kind, what runs or failed, what is next, the keys."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.css.query import NoMatches
from textual.screen import Screen
from textual.widget import Widget

from journal.errors import CleoError
from journal.incident.state import Incident
from journal.wording.sanitize import sanitize
from screens.lazy import push
from screens.live.clocked import clock_of
from screens.live.lifetime import is_open
from screens.live.listener import NewsListener
from screens.live.lookup import Lookup
from screens.live.session import Session
from screens.widgets.breakpoints import BREAKPOINTS, WIDE
from screens.widgets.key_line import KeyLine
from screens.widgets.kind_badge import kind_badge
from screens.widgets.quiet import Quiet
from screens.widgets.status_line import show_lines

_MINUTE = 60.0


class FullScreen(Screen[None], NewsListener):
    """A title, a body, and the lines that are never off the screen.

    Args:
        session: the incident.
    """

    CSS_PATH: ClassVar[str | list[str]] = "page.tcss"  # type: ignore[assignment]
    AUTO_FOCUS = ""
    HORIZONTAL_BREAKPOINTS = BREAKPOINTS
    HEADING: ClassVar[str] = ""
    NAME: ClassVar[str] = ""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("t", "other('timeline')", "timeline", tooltip="the timeline, or back"),
        Binding("h", "other('health')", "health", tooltip="health of all systems, or back"),
        Binding("e", "other('contacts')", "escalate", tooltip="contacts and escalation, or back"),
        Binding("R", "other('report')", "report", tooltip="the report, or back"),
        Binding("j", "at_incident('jump')", "jump", show=False, tooltip="go to what is in doubt, failed or running"),
        Binding("g", "at_incident('go_next')", "next", show=False, tooltip="go to the step that is next"),
        Binding("D", "at_incident('go_due')", "due", show=False, tooltip="go to the paperwork that is due"),
        Binding("ctrl+p", "app.command_palette", "commands", show=False, tooltip="find a key or a step by its words"),
        Binding("question_mark", "help", "help", key_display="?", tooltip="all keys of this screen"),
        Binding("escape", "back", "back", key_display="esc", tooltip="back to the checklist"),
    ]

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self._lookup: Lookup | None = None
        self._failed = ""

    def compose(self) -> ComposeResult:
        """Lay out title, body, status, next, keys; with the width's class from the first, to save a second layout."""
        self.add_class("-wide" if self.app.size.width >= WIDE else "-narrow")
        yield Quiet(id="title")
        yield Quiet(id="trouble")
        yield from self.body()
        yield Quiet(id="status")
        yield Quiet(id="next")
        yield KeyLine(id="keys")

    def body(self) -> Iterable[Widget]:
        """Yield what is between title and status."""
        return ()

    def on_mount(self) -> None:
        """Show what is known, and renew it every minute: ages grow."""
        self.bindings_updated_signal.subscribe(self, lambda _: self.show_keys())
        self.set_interval(_MINUTE, self.news)
        self.news()

    def on_unmount(self) -> None:
        """Let go of the journal."""
        if self._lookup:
            self._lookup.close()

    @property
    def lookup(self) -> Lookup:
        """This screen's reader of the journal, in a thread of its own; made when first asked for."""
        if self._lookup is None:
            self._lookup = Lookup(self.session.path, self)
        return self._lookup

    def on_lookup_found(self, event: Lookup.Found) -> None:
        """Take an answer from the journal; what cannot be read is said in the title."""
        if not is_open(self):
            return
        error = event.future.exception()
        if error is None:
            self._failed = ""
            event.then(event.future.result())
        elif isinstance(error, CleoError):
            self._failed = f"{error.message} {error.hint}"
            self.not_found()
            self.news()
        else:
            raise error

    def not_found(self) -> None:
        """Handle that the journal could not be read; pages that wait for an answer override it."""

    @property
    def incident(self) -> Incident:
        """The incident's state.

        Raises:
            NotReadYet: the journal was not read.
        """
        return self.session.state

    def news(self) -> None:
        """Redraw: something arrived, or a minute has passed."""
        if not is_open(self):
            return
        badge = kind_badge(self.incident.kind, colour=not self.app.no_color)
        title = Content.assemble(badge, "  ", (self.HEADING, "bold"), "  ", (self.incident.id, "$quiet"))
        self.query_one("#title", Quiet).show(Content.assemble(title, "   ", self.remark()))
        show_lines(self, self.session, clock_of(self)(), unread=sanitize(self._failed))
        self.refresh_body()
        self.show_keys()

    def remark(self) -> Content | str:
        """Return what the title says besides."""
        return ""

    def refresh_body(self) -> None:
        """Bring the body up to date."""

    def on_resize(self) -> None:
        """Redraw: the lines depend on the width."""
        if self.is_mounted:
            self.news()

    def show_keys(self) -> None:
        """Show the keys that apply now."""
        try:
            self.query_one(KeyLine).show_keys(self.key_words())
        except NoMatches:
            return

    def key_words(self) -> Mapping[str, str]:
        """Return what keys are called at the moment, by action; an empty word hides the key."""
        return {f"other('{self.NAME}')": ""}

    def action_back(self) -> None:
        """Go back to the checklist."""
        self.app.pop_screen()

    def action_help(self) -> None:
        """Show this screen's keys."""
        bindings = [binding for kind in (type(self), FullScreen) for binding in kind.BINDINGS]
        shown = {binding.key: binding for binding in bindings if isinstance(binding, Binding)}
        push(self.app, "help", list(shown.values()))

    async def action_other(self, name: str) -> None:
        """Go to another whole screen; from itself, back."""
        self.app.pop_screen()
        if name != self.NAME:
            await self.session.screen.run_action(name)

    async def action_at_incident(self, action: str) -> None:
        """Go back to the checklist, and do something there."""
        self.app.pop_screen()
        await self.session.screen.run_action(action)

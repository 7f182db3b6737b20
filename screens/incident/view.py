"""The incident console as it is drawn: from the incident's state alone, and only what changed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from textual.app import ComposeResult
from textual.containers import Container
from textual.css.query import NoMatches
from textual.geometry import Size
from textual.screen import Screen

from journal.incident.state import Incident
from journal.plan.model import Step
from screens.live.clocked import clock_of
from screens.live.lifetime import is_open
from screens.live.session import NotReadYet, Session
from screens.widgets.breakpoints import BREAKPOINTS
from screens.widgets.checklist import Checklist
from screens.widgets.header import IncidentHeader
from screens.widgets.health_panel import HealthPanel
from screens.widgets.key_line import KeyLine
from screens.widgets.quiet import Quiet
from screens.widgets.status_line import next_line, status, trouble_line
from screens.widgets.step_pane import StepPane


class IncidentView(Screen[None]):
    """Draws one incident.

    Args:
        incident_id: which one.
        known: its state, where somebody has read it already: then the first frame has everything.
    """

    CSS_PATH = "screen.tcss"
    AUTO_FOCUS = ""
    HORIZONTAL_BREAKPOINTS = BREAKPOINTS

    def __init__(self, incident_id: str, known: Incident | None = None) -> None:
        super().__init__()
        self.incident_id = incident_id
        self.known = known
        self.opened: Session | None = None
        self.cursor = ""
        self._minute = -1
        self._drawn_for = Size(0, 0)
        self._drawn_at_heading = False

    def compose(self) -> ComposeResult:
        """Lay out what is known: header, step, the lines that are always there, and the rest once it was read."""
        yield IncidentHeader(id="header")
        yield Quiet(id="trouble", classes="-empty")
        with Container(id="middle"):
            if self.known:
                yield Checklist(self.known)
            yield StepPane(id="step")
            if self.known:
                yield HealthPanel(id="health")
        yield Quiet(id="status")
        yield Quiet(id="next")
        yield KeyLine(id="keys")

    @property
    def ready(self) -> bool:
        """Whether the journal was read, so that there is something to show and to do."""
        return self.opened is not None and self.opened.incident is not None and bool(self.cursor)

    @property
    def session(self) -> Session:
        """The session.

        Raises:
            NotReadYet: it is not open.
        """
        if self.opened is None:
            raise NotReadYet(self.incident_id)
        return self.opened

    @property
    def incident(self) -> Incident:
        """The incident's state.

        Raises:
            NotReadYet: the journal was not read.
        """
        if self.session.incident is None:
            raise NotReadYet(self.incident_id)
        return self.session.incident

    @property
    def step(self) -> Step:
        """The step at the cursor."""
        return self.incident.plan.by_id[self.cursor]

    @property
    def at_heading(self) -> bool:
        """Whether the checklist's cursor is on a heading, where enter opens and closes."""
        return any(checklist.has_focus and checklist.at_heading for checklist in self.query(Checklist))

    async def mount_rest(self) -> None:
        """Add what could not be shown before the journal was read: checklist and health."""
        if not is_open(self):
            return
        middle = self.query_one("#middle")
        middle.mount(Checklist(self.incident), before="#step")
        await middle.mount(HealthPanel(id="health"))

    def show_first(self) -> None:
        """Everything is laid out: show it, with the cursor where it begins."""
        checklist = self.query_one(Checklist)
        checklist.go_to(self.cursor)
        checklist.focus()
        self.refresh_state()

    def refresh_state(self) -> None:
        """Redraw from the state; every part repaints only if it changed."""
        if not self.ready or not is_open(self):
            return
        now = clock_of(self)()
        self._drawn_at_heading = self.at_heading
        self.query_one(IncidentHeader).show(self.incident, self.session.readings, now)
        self.query_one(StepPane).show(self.session, self.step, now)
        for checklist in self.query(Checklist):
            checklist.show(now)
        for panel in self.query(HealthPanel):
            panel.display_health(self.session, now)
        trouble = trouble_line(self.session, now)
        self.query_one("#trouble", Quiet).show(trouble)
        self.query_one("#trouble").set_class(not trouble, "-empty")
        self.query_one("#status", Quiet).show(status(self.session, now))
        self.query_one("#next", Quiet).show(next_line(self.session, self.cursor))
        self.show_keys()

    def refresh_measures(self) -> None:
        """Redraw what moves by itself: output, progress, health, figures. Many times a second, so nothing else."""
        if not self.ready or not is_open(self):
            return
        now = clock_of(self)()
        self.query_one(IncidentHeader).show(self.incident, self.session.readings, now)
        self.query_one(StepPane).show_run(self.session, self.step, now)
        for panel in self.query(HealthPanel):
            panel.display_health(self.session, now)

    def tick(self) -> None:
        """Every second the clock; every minute what counts in minutes."""
        now = clock_of(self)()
        if self.ready and self._new_minute(now):
            self.refresh_state()
        elif self.ready:
            self.query_one(IncidentHeader).tick(self.incident, now)

    def _new_minute(self, now: datetime) -> bool:
        before, self._minute = self._minute, int(now.timestamp()) // 60
        return before != self._minute

    def on_resize(self) -> None:
        """Width decides what the lines say."""
        before, self._drawn_for = self._drawn_for, self.app.size
        if self._drawn_for != before:
            self.refresh_state()

    def show_keys(self) -> None:
        """Show the keys that apply now."""
        try:
            self.query_one(KeyLine).show_keys(self.key_words())
        except NoMatches:
            return

    def key_words(self) -> Mapping[str, str]:
        """Return what keys are called at the moment, by action; an empty word hides the key."""
        return {}

    def on_checklist_turned(self, event: Checklist.Turned) -> None:
        """The cursor is on another line; on a heading the step pane keeps its step. The cursor is painted first."""
        turned = event.step != self.cursor or self.at_heading != self._drawn_at_heading
        if event.step:
            self.cursor = event.step
        if turned:
            self.call_after_refresh(self.refresh_state)

    def go_to(self, step_id: str) -> None:
        """Put the cursor at a step; an empty id is nowhere."""
        if step_id:
            self.cursor = step_id
            for checklist in self.query(Checklist):
                checklist.go_to(step_id)
            self.refresh_state()

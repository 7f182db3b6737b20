"""The incident console as it is drawn: from the incident's state alone, and only what changed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from textual.app import ComposeResult
from textual.containers import Container
from textual.css.query import NoMatches
from textual.screen import Screen

from journal.incident import Incident
from journal.plan.model import Step
from screens.clocked import clock_of
from screens.session import Session
from screens.widgets.checklist import Checklist
from screens.widgets.header import IncidentHeader
from screens.widgets.health_panel import HealthPanel
from screens.widgets.key_line import KeyLine
from screens.widgets.quiet import Quiet
from screens.widgets.status_line import next_line, status, trouble_line
from screens.widgets.step_pane import StepPane


class NotReadYet(RuntimeError):
    """The journal was not read yet: a mistake of ours, for no key applies before that."""


class IncidentView(Screen[None]):
    """Draws one incident.

    Args:
        incident_id: which one.
    """

    CSS_PATH = "incident.tcss"
    AUTO_FOCUS = ""
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (110, "-wide")]

    def __init__(self, incident_id: str) -> None:
        super().__init__()
        self.incident_id = incident_id
        self.opened: Session | None = None
        self.cursor = ""
        self._minute = -1

    def compose(self) -> ComposeResult:
        """Lay out what comes first: header, step, the lines that are always there."""
        yield IncidentHeader(id="header")
        yield Quiet(id="trouble", classes="-empty")
        with Container(id="middle"):
            yield StepPane(id="step")
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
        """Add what may come after the first frame: checklist and health."""
        if not self.is_attached:  # left before the first frame
            return
        middle = self.query_one("#middle")
        checklist = Checklist(self.incident)
        middle.mount(checklist, before="#step")
        await middle.mount(HealthPanel(id="health"))
        if not self.is_attached:
            return
        checklist.go_to(self.cursor)
        checklist.focus()
        self.refresh_state()

    def refresh_state(self) -> None:
        """Redraw from the state; every part repaints only if it changed."""
        if not (self.ready and self.is_attached):
            return
        now = clock_of(self)()
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
        if not (self.ready and self.is_attached):
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
        if event.step:
            self.cursor = event.step
        self.call_after_refresh(self.refresh_state)

    def go_to(self, step_id: str) -> None:
        """Put the cursor at a step; an empty id is nowhere."""
        if step_id:
            self.cursor = step_id
            for checklist in self.query(Checklist):
                checklist.go_to(step_id)
            self.refresh_state()

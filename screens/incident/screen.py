"""The incident console: one screen, put together from its parts. Every key writes one request or entry at most."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.containers import Container
from textual.screen import Screen

from screens.incident.arrivals import Arrivals
from screens.incident.bindings import INCIDENT_BINDINGS
from screens.incident.cursor import StepCursor
from screens.incident.incident_keys import IncidentKeys
from screens.incident.key_state import KeyState
from screens.incident.navigation import Navigation
from screens.incident.pending_commands import PendingCommands
from screens.incident.primary_key import PrimaryKey
from screens.incident.run_keys import RunKeys
from screens.incident.startup import Startup
from screens.incident.step_keys import StepKeys
from screens.incident.view import IncidentView
from screens.live.session import Session
from screens.widgets.breakpoints import BREAKPOINTS, HEIGHTS
from screens.widgets.checklist import Checklist
from screens.widgets.header import IncidentHeader
from screens.widgets.health_panel import HealthPanel
from screens.widgets.key_line import KeyLine
from screens.widgets.quiet import Quiet
from screens.widgets.step_pane import StepPane
from screens.widgets.strips import Strips

if TYPE_CHECKING:
    from journal.incident.state import Incident
    from screens.app_services import AppServices


class IncidentScreen(Screen[None]):
    """Shows one incident and takes its keys.

    Args:
        services: what the program does for its screens.
        incident_id: which incident.
        known: its state, where somebody has read it already: then the first frame has everything.
    """

    CSS_PATH = "screen.tcss"
    AUTO_FOCUS = ""
    HORIZONTAL_BREAKPOINTS = BREAKPOINTS
    VERTICAL_BREAKPOINTS = HEIGHTS
    BINDINGS = INCIDENT_BINDINGS  # type: ignore[assignment]

    def __init__(self, services: AppServices, incident_id: str, known: Incident | None = None) -> None:
        super().__init__()
        self.session = Session(services, incident_id, self, known)
        self.cursor = StepCursor(self.session, self)
        self.key_state = KeyState(self.cursor)
        self.view = IncidentView(self, self.cursor, self.key_state.words)
        pending = PendingCommands(self.cursor)
        runs = RunKeys(self.app, self.cursor, pending)
        steps = StepKeys(self.app, self.cursor, pending)
        navigation = Navigation(self.app, self.cursor, self.view, services)
        incident = IncidentKeys(self.app, self.cursor, services)
        primary = PrimaryKey(self.cursor, pending, runs, steps, navigation, self._toggle_heading)
        self._startup = Startup(self, services, self.cursor, self.view, runs.start_runner)
        self._arrivals = Arrivals(
            self.app, self.cursor, self.view, pending, begin=self._startup.begin, show_refusal=runs.show_refusal
        )
        self.quit = incident.quit
        self.action_act, self.action_tick = primary.act, steps.tick
        self.action_mark_done, self.action_skip, self.action_reopen = steps.mark_done, steps.skip, steps.reopen
        self.action_take, self.action_role = steps.take, incident.role
        self.action_dry_run, self.action_override, self.action_cancel = runs.dry_run, runs.override, runs.cancel
        self.action_run_with, self.action_log = runs.run_with, runs.show_log
        self.action_runner = runs.start_runner
        self.action_note, self.action_close, self.action_leave = incident.note, incident.close, incident.leave
        self.action_jump, self.action_go_next = navigation.jump, navigation.go_next
        self.action_go_due = navigation.go_due
        self.action_timeline, self.action_health = navigation.timeline, navigation.health
        self.action_contacts, self.action_report = navigation.contacts, navigation.report
        self.action_filter = self.view.filter_next
        self.action_output, self.action_help = navigation.output, navigation.help
        self.action_commands, self.action_handover = navigation.commands, navigation.handover
        self.action_incidents, self.action_assessment = navigation.incidents, navigation.assessment

    def compose(self) -> ComposeResult:
        """Lay out what is known: header, step, the lines that are always there, and the rest once it was read."""
        known = self.session.incident
        yield IncidentHeader(id="header")
        yield Strips()
        yield Quiet(id="trouble", classes="-empty")
        with Container(id="middle"):
            if known:
                yield Checklist(known, self.session.actor)
            yield StepPane(id="step")
            if known:
                yield HealthPanel(id="health")
        yield Quiet(id="status")
        yield Quiet(id="next")
        yield KeyLine(id="keys")

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Return whether a key applies now: the key line shows no other."""
        return self.key_state.applies(action)

    def on_mount(self) -> None:
        """Open the incident."""
        self._startup.open()

    def on_unmount(self) -> None:
        """End what was begun."""
        self._startup.close()

    def on_resize(self) -> None:
        """Draw for the new width."""
        self.view.draw_resized()

    async def on_session_arrived(self, event: Session.Arrived) -> None:
        """Take in the news."""
        await self._arrivals.take()

    def on_session_wrote(self, event: Session.Wrote) -> None:
        """Something was written, or was not: go on, or show why not."""
        self.session.settle(event)
        self.view.draw()

    def on_checklist_turned(self, event: Checklist.Turned) -> None:
        """The cursor is on another line: show its step."""
        self.view.draw_turned(event.step)

    def _toggle_heading(self) -> None:
        self.query_one(Checklist).action_toggle_node()

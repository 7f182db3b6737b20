"""The keys of the incident console that lead elsewhere: to another step, to a page, to the list of incidents."""

from __future__ import annotations

from typing import Any

from textual.app import App

from journal.incident.cures import remedy
from journal.incident.upcoming import next_step, paperwork
from journal.plan.model import Step
from screens.app_services import AppServices
from screens.guidance.attention import attention
from screens.incident.bindings import INCIDENT_BINDINGS
from screens.incident.cursor import StepCursor
from screens.incident.view import IncidentView
from screens.lazy import build, push
from screens.live.clocked import clock_of
from screens.widgets.step_pane import shown_run


class Navigation:
    """Opens pages, and moves the cursor.

    Args:
        app: where pages open.
        cursor: the incident and the step.
        view: shows the step that the cursor is moved to.
        services: what the program does for its screens.
    """

    def __init__(self, app: App[Any], cursor: StepCursor, view: IncidentView, services: AppServices) -> None:
        self._app = app
        self._cursor = cursor
        self._session = cursor.session
        self._view = view
        self._services = services

    def jump(self) -> None:
        """Go to what needs attention."""
        self._view.go_to(attention(self._cursor.incident, self._cursor.step_id))

    def go_next(self) -> None:
        """Go to the step that is next."""
        step = next_step(self._cursor.incident)
        self._view.go_to(step.id if step else "")

    def go_due(self) -> None:
        """Go to the paperwork that is due, or else to the first that is open beside the recovery."""
        step = paperwork(self._cursor.incident, clock_of(self._app)())
        self._view.go_to(step.id if step else "")

    def go_to_need(self, step: Step) -> None:
        """Go to the first step that ``step`` waits for."""
        unmet = self._cursor.incident.unmet(step)
        if unmet:
            self._view.go_to(unmet[0])

    def go_to_cure(self, step: Step) -> None:
        """Go to the step that helps after what ``step`` failed of."""
        found = remedy(self._cursor.incident, step)
        self._view.go_to(found.step.id if found else "")

    def timeline(self) -> None:
        """Show everything that happened, in words."""
        push(self._app, "timeline", self._session)

    def health(self) -> None:
        """Show every system's health in full."""
        push(self._app, "health", self._session)

    def contacts(self) -> None:
        """Show whom to call, and who answered."""
        push(self._app, "contacts", self._session)

    def report(self) -> None:
        """Show the report as it would be now, and what people can write into it."""
        push(self._app, "report", self._session)

    def assessment(self) -> None:
        """Show what the exercise has shown; its hot wash is asked there."""
        push(self._app, "assessment", self._session)

    def output(self) -> None:
        """Show the step's output on the whole screen."""
        run = shown_run(self._session, self._cursor.step)
        if run:
            push(self._app, "output", self._session, run.id)

    def handover(self) -> None:
        """Show what whoever takes over must know."""
        push(self._app, "handover", self._session)

    def commands(self) -> None:
        """Show the step's shell commands, and copy them."""
        push(self._app, "commands", self._session, self._cursor.step, self._services)

    def help(self) -> None:
        """Show every key and symbol."""
        push(self._app, "help", INCIDENT_BINDINGS)

    def incidents(self) -> None:
        """Go back to the list of incidents; this one's runner goes on."""
        self._app.switch_screen(build("incidents", self._services))

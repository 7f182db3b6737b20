"""What arrives at the incident console from its session: taken in, and shown on every screen that shows it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from textual.app import App

from journal.events.types import Event, IncidentClosed
from journal.incident.same_run import refused_for
from journal.incident.upcoming import next_step
from screens.guidance.attention import counts
from screens.guidance.people import told
from screens.incident.cursor import StepCursor
from screens.incident.pending_commands import PendingCommands
from screens.incident.view import IncidentView
from screens.lazy import push
from screens.live.listener import tell_listeners
from screens.live.notices import Notice


class Arrivals:
    """Takes in the session's news.

    Args:
        app: has the screens above.
        cursor: the incident and the step.
        view: draws the incident.
        pending: what this person asked for.
        begin: called once, when the journal was read.
        show_refusal: shows which gate refused a run.
    """

    def __init__(
        self,
        app: App[Any],
        cursor: StepCursor,
        view: IncidentView,
        pending: PendingCommands,
        *,
        begin: Callable[[], None],
        show_refusal: Callable[..., None],
    ) -> None:
        self._app = app
        self._cursor = cursor
        self._session = cursor.session
        self._view = view
        self._pending = pending
        self._begin = begin
        self._show_refusal = show_refusal

    async def take(self) -> None:
        """Take in what has arrived, and draw what changed by it."""
        if not self._app.is_running:  # the console is being left, and takes its screens apart
            return
        news = self._session.take()
        if news.opened:
            await self._view.mount_rest()
            self._begin()
        if any(isinstance(event.body, IncidentClosed) for event in news.events) and not news.opened:
            self._assess()
        self._tell(() if news.opened else news.events)
        self._go_on()
        self._show_refusals()
        if news.only_measures:
            self._view.draw_measures()
        else:
            self._view.draw()
        tell_listeners(self._app)

    def _assess(self) -> None:
        """Show everybody at the table what the exercise has shown, once it is closed."""
        if self._session.state.review.exercise:
            self._app.post_message(Notice(partial(push, self._app, "assessment", self._session)))

    def _tell(self, events: Sequence[Event]) -> None:
        """Tell this person who leads now, and who took over a step of theirs."""
        for event in events:
            title, words, hint = told(self._session.state, event, self._session.actor)
            if title:
                kind = self._session.state.kind
                self._app.post_message(Notice(partial(push, self._app, "told", title, words, hint, kind)))

    def _go_on(self) -> None:
        """Go on to the next step once what this person saw to is done, if the cursor is still where that was begun.

        While nothing is next because something is under way, it waits for that.
        """
        if not self._cursor.ready or not self._pending.seen_to:
            return
        here = self._cursor.step_id == self._pending.begun_at
        step = next_step(self._session.state)
        if step or not counts(self._session.state).running:
            self._pending.expect()
        if step and here:
            self._cursor.goes_on()
            self._view.go_to(step.id)

    def _show_refusals(self) -> None:
        """Show the refusals of what this person asked for, when no dialog is open and nothing is typed.

        Where the same is under way already, a line says so.
        """
        for run_id in sorted(self._pending.requested):
            run = self._session.run(run_id)
            if run and (run.started_at or run.refusal):
                self._pending.requested.discard(run_id)
            if run and (same := refused_for(self._session.state, run)):
                self._session.joined.add(same.id)
            elif run and run.refusal:
                self._app.post_message(Notice(partial(self._show_refusal, run, by_itself=True)))

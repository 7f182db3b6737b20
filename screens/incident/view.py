"""What the incident console draws: from the incident's state alone, and only what changed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from textual.css.query import NoMatches
from textual.geometry import Size
from textual.screen import Screen

from screens.guidance.people import team_words
from screens.incident.cursor import StepCursor
from screens.live.clocked import clock_of
from screens.live.lifetime import is_open
from screens.widgets.checklist import Checklist
from screens.widgets.header import IncidentHeader
from screens.widgets.health_panel import HealthPanel
from screens.widgets.key_line import KeyLine
from screens.widgets.status_line import HEADING, show_lines
from screens.widgets.step_pane import StepPane
from screens.widgets.strips import Strips


class IncidentView:
    """Draws one incident. Every widget repaints only where its content changed.

    Args:
        screen: has the widgets.
        cursor: the incident and the step to show.
        key_words: returns what keys are called now, by action.
    """

    def __init__(self, screen: Screen[None], cursor: StepCursor, key_words: Callable[[], Mapping[str, str]]) -> None:
        self._screen = screen
        self._cursor = cursor
        self._session = cursor.session
        self._key_words = key_words
        self._minute = -1
        self._drawn_for = Size(0, 0)
        self._drawn_at_heading = False

    async def mount_rest(self) -> None:
        """Add what could not be shown before the journal was read: checklist and health."""
        if not is_open(self._screen):
            return
        middle = self._screen.query_one("#middle")
        middle.mount(Checklist(self._session.state, self._session.actor), before="#step")
        await middle.mount(HealthPanel(id="health"))

    def draw_first(self) -> None:
        """Draw everything, with the focus on the checklist, and its cursor where it begins."""
        checklist = self._screen.query_one(Checklist)
        checklist.go_to(self._cursor.step_id)
        checklist.focus()
        self.draw()

    def draw(self) -> None:
        """Draw everything from the state as it is now."""
        if not self._shown:
            return
        now = clock_of(self._screen)()
        self._drawn_at_heading = self._cursor.at_heading
        self._draw_header(now)
        self._screen.query_one(Strips).show_phases(self._session)
        self._screen.query_one(StepPane).show(self._session, self._cursor.step, now)
        for checklist in self._screen.query(Checklist):
            checklist.show(now)
        self._draw_health(now)
        cursor = HEADING if self._cursor.at_heading else self._cursor.step_id
        show_lines(self._screen, self._session, now, cursor=cursor)
        self.draw_keys()

    def draw_measures(self) -> None:
        """Draw what moves by itself: output, progress, health, figures. Many times a second, so nothing else."""
        if not self._shown:
            return
        now = clock_of(self._screen)()
        self._draw_header(now)
        self._screen.query_one(StepPane).show_run(self._session, self._cursor.step, now)
        self._draw_health(now)

    def draw_clock(self) -> None:
        """Draw the clock, every second; once a minute also all that counts in minutes."""
        now = clock_of(self._screen)()
        if self._cursor.ready and self._new_minute(now):
            self.draw()
        elif self._cursor.ready:
            self._screen.query_one(IncidentHeader).tick(self._session.state, now)
            if self._session.state.state(self._cursor.step_id).active:  # how long it has been silent
                self._screen.query_one(StepPane).show_run(self._session, self._cursor.step, now)

    def draw_resized(self) -> None:
        """Draw everything anew where the terminal has another size: the width decides what the lines say."""
        size = self._screen.app.size
        before, self._drawn_for = self._drawn_for, size
        if size != before:
            self.draw()

    def draw_keys(self) -> None:
        """Draw the keys that apply now."""
        try:
            self._screen.query_one(KeyLine).show_keys(self._key_words())
        except NoMatches:
            return

    def draw_turned(self, step_id: str) -> None:
        """Draw the step that the cursor has come to, after the cursor itself was painted.

        Args:
            step_id: the step; empty on a heading, where the step pane keeps its step.
        """
        turned = step_id != self._cursor.step_id or self._cursor.at_heading != self._drawn_at_heading
        if step_id:
            self._cursor.step_id = step_id
        if turned:
            self._screen.call_after_refresh(self.draw)

    def go_to(self, step_id: str) -> None:
        """Put the cursor at a step; an empty id is nowhere."""
        if step_id:
            self._cursor.move_to(step_id)
            self.draw()

    def filter_next(self) -> None:
        """Show the next choice of steps in the checklist."""
        if self._shown:
            self._screen.query_one(Checklist).filter_next(self._cursor.step_id, clock_of(self._screen)())

    @property
    def _shown(self) -> bool:
        return self._cursor.ready and is_open(self._screen)

    def _draw_header(self, now: datetime) -> None:
        session = self._session
        team = team_words(session.state, session.here, session.actor)
        self._screen.query_one(IncidentHeader).show(session.state, session.readings, now, team)

    def _draw_health(self, now: datetime) -> None:
        for panel in self._screen.query(HealthPanel):
            panel.display_health(self._session, now)
        self._screen.query_one(Strips).show_trends(self._session, now)

    def _new_minute(self, now: datetime) -> bool:
        before, self._minute = self._minute, int(now.timestamp()) // 60
        return before != self._minute

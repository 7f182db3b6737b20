"""What a large screen has room for: the phases in a line, and small graphs of what is measured."""

from __future__ import annotations

from datetime import datetime

from textual.containers import Horizontal, Vertical

from screens.guidance.phases import phase_strip
from screens.guidance.text import line
from screens.guidance.trends import Trends
from screens.live.session import Session
from screens.widgets.content import content
from screens.widgets.quiet import Quiet

_GRAPHS = 3
"""Graphs side by side. Each is painted alone, since each changes alone."""
_MARGIN = 2


class Strips(Vertical):
    """Two lines below the header. A small screen has neither."""

    def __init__(self) -> None:
        super().__init__(Quiet(id="phases"), id="strips")
        self._trends = Trends()
        self._drawn = (0, 0)
        self._graphs: list[Quiet] = []  # made, but perhaps not in the tree yet

    def show_phases(self, session: Session) -> None:
        """Show how far the phases are."""
        incident, width = session.incident, self.app.size.width
        if incident and self._drawn != (incident.seq, width):
            self._drawn = (incident.seq, width)
            self.query_one("#phases", Quiet).show(content(phase_strip(incident, width - _MARGIN)))

    def show_trends(self, session: Session, now: datetime) -> None:
        """Show what was measured since; a series that is not measured any more is taken away."""
        if session.incident is None:
            return
        self._trends.keep(session.readings)
        width = (self.app.size.width - _MARGIN) // _GRAPHS - _MARGIN
        found = self._trends.lines(session.incident, now, width)[:_GRAPHS]
        if found and not self._graphs:
            self._graphs = [Quiet(classes="trend") for _ in range(_GRAPHS)]
            self.mount(Horizontal(*self._graphs, id="trends"))
        for number, graph in enumerate(self._graphs):
            graph.show(content(found[number] if number < len(found) else line()))

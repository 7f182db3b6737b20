"""The incident's header: its name and clock, RTO, RPO and phase."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content

from journal.incident.state import Incident
from journal.store.rows import Reading
from journal.wording.durations import stopwatch
from journal.wording.sanitize import sanitize
from screens.guidance.figures import phase_line, rto_line
from screens.guidance.rpo import rpo_line
from screens.widgets.breakpoints import WIDE
from screens.widgets.content import content
from screens.widgets.kind_badge import kind_badge
from screens.widgets.quiet import Quiet

_MARGINS = 6
"""Columns between and beside the figures."""


def severity_word(incident: Incident) -> str:
    """Return the severity as the plan's options name it."""
    step = incident.plan.decision("severity")
    option = step.decision.options.get(incident.severity) if step and step.decision else None
    return sanitize(option.title if option else incident.severity)


class IncidentHeader(Vertical):
    """Two lines: name and clock, figures. The clock alone changes every second."""

    def compose(self) -> ComposeResult:
        """Lay out the two lines."""
        with Horizontal(id="names"):
            yield Quiet(id="kind")
            yield Quiet(id="name")
            yield Quiet(id="team", classes="-empty")
            yield Quiet(id="elapsed-word")
            yield Quiet(id="elapsed")
        with Horizontal(id="figures"):
            yield Quiet(id="rto")
            yield Quiet(id="rpo")
            yield Quiet(id="phase")

    def announce(self, incident_id: str) -> None:
        """Show what is known before the journal was read."""
        self._line("name").show(Content.assemble((incident_id, "bold"), "  opening its journal…"))

    def show(self, incident: Incident, readings: Mapping[str, Reading], now: datetime, team: str = "") -> None:
        """Show everything but the clock.

        Args:
            incident: its state.
            readings: the latest health and progress, by name.
            now: the present.
            team: who leads and who else is here; shown where there is room.
        """
        wide = self.app.size.width >= WIDE
        closed = "  CLOSED" if incident.closed_at else ""
        self._line("kind").show(kind_badge(incident.kind, colour=not self.app.no_color))
        name = Content.assemble(
            (incident.id, "bold"),
            "  ",
            (severity_word(incident), "bold"),
            (closed, "bold reverse"),
            "  ",
            sanitize(incident.title),
        )
        self._line("name").show(name)
        self._line("team").show(team if wide else "")
        self._line("team").set_class(not (wide and team), "-empty")
        rto, phase = content(rto_line(incident, now, wide=wide)), content(phase_line(incident, now, wide=wide))
        room = self.app.size.width - rto.cell_length - phase.cell_length - _MARGINS
        self._line("rto").show(rto)
        self._line("rpo").show(content(rpo_line(incident, readings, now, wide=wide, room=room)))
        self._line("phase").show(phase)
        self._line("elapsed-word").show("elapsed")
        self.tick(incident, now)

    def tick(self, incident: Incident, now: datetime) -> None:
        """Show the clock: since it began, until it was closed."""
        self._line("elapsed").show(stopwatch(((incident.closed_at or now) - incident.began_at).total_seconds()))

    def _line(self, name: str) -> Quiet:
        return self.query_one(f"#{name}", Quiet)

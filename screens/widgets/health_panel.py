"""Every system's health and when it last answered. A system that nobody measured is never green."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from textual.content import Content

from journal.incident import Incident
from screens.inert import inert
from screens.phrases import age
from screens.session import Session
from screens.symbols import Look, health_look
from screens.widgets.quiet import Quiet

STALE_AFTER = 60.0
"""Seconds after which a reading is no longer the present: the runner's monitor measures every few seconds."""


class Health(NamedTuple):
    """What is known of one system."""

    title: str
    look: Look
    detail: str
    seen: str


def health(incident: Incident, session: Session, system: str, now: datetime) -> Health:
    """Return a system's health; a reading that has grown old says so and is no longer green."""
    name = inert(incident.plan.systems[system].title)
    reading = session.readings.get(f"health:{system}")
    if reading is None:
        return Health(name, health_look("not measured"), "", "")
    look = health_look(str(reading.payload.get("status", "not measured")))
    seen_at = reading.payload.get("seen_at")
    seen = f"seen {age(datetime.fromisoformat(seen_at), now)}" if seen_at else "never seen"
    if (now - reading.at).total_seconds() > STALE_AFTER:
        look = Look("?", f"{look.word} {age(reading.at, now)}", "quiet")
    return Health(
        name, look, inert(str(reading.payload.get("detail") or "")), seen if look.word != "not measured" else ""
    )


class HealthPanel(Quiet):
    """A column on a wide screen, one line of symbols and names on a narrow one."""

    def display_health(self, session: Session, now: datetime) -> None:
        """Show what is known of every system now."""
        incident = session.incident
        if incident is None:
            return
        found = [health(incident, session, system, now) for system in incident.plan.systems]
        wide = self.app.size.width >= 110
        self.border_title = "Health"
        self.show(Content("\n").join(map(_block, found)) if wide else _one_line(found, self.app.size.width))


def _block(found: Health) -> Content:
    lines = [
        Content.assemble(
            (f"{found.look.symbol} ", found.look.style), (found.title, "bold"), " ", (found.look.word, found.look.style)
        )
    ]
    lines += [Content.assemble((f"  {text}", "$text-muted")) for text in (found.detail, found.seen) if text]
    return Content("\n").join(lines)


def _one_line(found: list[Health], width: int) -> Content:
    """Worst first, so that what is cut off is not what is down."""
    order = {"✗": 0, "~": 1, "✓": 2, "?": 3}
    worst_first = sorted(found, key=lambda one: order.get(one.look.symbol, 3))
    parts = [Content.assemble((f"{one.look.symbol} {one.title}", one.look.style)) for one in worst_first]
    return Content("  ").join(parts).truncate(width, ellipsis=True)

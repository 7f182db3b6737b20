"""Every system's health and when it last answered. A system that nobody measured is never green."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from textual.content import Content

from journal.incident.state import Incident
from journal.store.rows import Reading
from journal.wording.instants import age
from journal.wording.sanitize import sanitize
from screens.guidance.symbols import Look, health_look
from screens.live.session import Session
from screens.widgets.breakpoints import WIDE
from screens.widgets.quiet import Quiet
from screens.widgets.titled import entitle

STALE_AFTER = 60.0
"""Seconds after which a reading is no longer the present: the runner's monitor measures every few seconds."""


_NOTHING = health_look("not measured")


class Health(NamedTuple):
    """What is known of one system."""

    title: str
    look: Look
    detail: str
    seen: str


def health(incident: Incident, session: Session, system: str, now: datetime) -> Health:
    """Return a system's health. A reading that has grown old says how old; it is no longer green."""
    name = sanitize(incident.roster.title(system))
    found = _measured(session, system, name, now)
    wrong = incident.found_wrong.get(system)
    if wrong is None:
        return found
    # Whether it answers is one thing, what an action proved of its data another: both are said.
    look = Look("✗", f"DATA WRONG, {found.look.word}", "bad")
    return Health(name, look, "; ".join(part for part in (sanitize(str(wrong)), found.detail) if part), found.seen)


def _measured(session: Session, system: str, name: str, now: datetime) -> Health:
    """Return what the probe says."""
    reading = session.readings.get(f"health:{system}")
    if reading is None:
        return Health(name, _NOTHING, "", "")
    look, old = health_look(str(reading.payload.get("status", "not measured"))), ""
    if (now - reading.at).total_seconds() > STALE_AFTER:
        old = f"measured {age(reading.at, now)}"
        look = Look("?", f"was {look.word}", "quiet") if look.tone == "good" else look
    return Health(name, look, sanitize(str(reading.payload.get("detail") or "")), old or _seen(reading, now))


def _seen(reading: Reading, now: datetime) -> str:
    """Return when the system last answered; nothing while it does."""
    if reading.payload.get("status") in ("up", "degraded"):
        return ""
    seen_at = reading.payload.get("seen_at")
    return f"last seen {age(datetime.fromisoformat(seen_at), now)}" if seen_at else "not seen since the runner began"


class HealthPanel(Quiet):
    """A column on a wide screen, one line of symbols and names on a narrow one. The worst comes first."""

    def display_health(self, session: Session, now: datetime) -> None:
        """Show what is known of every system now."""
        incident = session.incident
        if incident is None:
            return
        found = [health(incident, session, system, now) for system in incident.roster.shown]
        found.sort(key=lambda one: _ORDER.get(one.look.symbol, 3))
        entitle(self, "Health")
        self.show(_column(found) if self.app.size.width >= WIDE else _one_line(found, self.size.width))


_MOST_SHOWN = 12
"""Systems named in the column; the health page (h) has all."""
_ORDER = {"✗": 0, "~": 1, "✓": 2}


def _column(found: list[Health]) -> Content:
    blocks = [_block(one) for one in found if one.look is not _NOTHING]
    measured = blocks[:_MOST_SHOWN]
    if len(blocks) > len(measured):
        measured.append(Content.assemble((f"+{len(blocks) - len(measured)} more: h", "bold $quiet")))
    others = [one.title for one in found if one.look is _NOTHING]
    if others:
        named = [f"  {other}" for other in others[:_MOST_SHOWN]]
        more = [f"  +{len(others) - len(named)} more: h"] if len(others) > len(named) else []
        measured.append(Content.assemble(("? not measured\n", "bold $quiet"), ("\n".join([*named, *more]), "$quiet")))
    return Content("\n").join(measured)


def _block(found: Health) -> Content:
    lines = [
        Content.assemble(
            (f"{found.look.symbol} ", found.look.style),
            (found.title, "bold"),
            "  ",
            (found.look.word, found.look.style),
        )
    ]
    lines += [Content.assemble((f"  {text}", "$quiet")) for text in (found.detail, found.seen) if text]
    return Content("\n").join(lines)


def _one_line(found: list[Health], width: int) -> Content:
    parts = [
        Content.assemble((f"{one.look.symbol} {one.title}", one.look.style))
        for one in found
        if one.look is not _NOTHING
    ]
    others = sum(one.look is _NOTHING for one in found)
    if others:
        parts.append(Content.assemble((f"? {others} not measured", "$quiet")))
    return Content("  ").join(parts).truncate(max(1, width), ellipsis=True)

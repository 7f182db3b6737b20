"""Every system's health and when it last answered."""

from __future__ import annotations

from datetime import datetime

from textual.content import Content

from screens.guidance.health import Health, health
from screens.live.session import Session
from screens.widgets.breakpoints import WIDE
from screens.widgets.content import STYLES
from screens.widgets.quiet import Quiet
from screens.widgets.titled import entitle


class HealthPanel(Quiet):
    """A column on a wide screen, one line of symbols and names on a narrow one. The worst comes first."""

    def display_health(self, session: Session, now: datetime) -> None:
        """Show what is known of every system now."""
        incident = session.incident
        if incident is None:
            return
        found = [health(incident, session.readings, system, now) for system in incident.roster.shown]
        found.sort(key=lambda one: _ORDER.get(one.look.symbol, 3))
        entitle(self, "Health")
        self.show(_column(found) if self.app.size.width >= WIDE else _one_line(found, self.size.width))


_MOST_SHOWN = 12
"""Systems named in the column; the health page (h) has all."""
_ORDER = {"✗": 0, "~": 1, "✓": 2}


def _column(found: list[Health]) -> Content:
    known = [one for one in found if one.measured]
    measured = [_block(one) for one in known[:_MOST_SHOWN]]
    if len(known) > _MOST_SHOWN:
        measured.append(Content.assemble((f"+{len(known) - _MOST_SHOWN} more: h", "bold $quiet")))
    others = [one.title for one in found if not one.measured]
    if others:
        named = [f"  {other}" for other in others[:_MOST_SHOWN]]
        more = [f"  +{len(others) - len(named)} more: h"] if len(others) > len(named) else []
        measured.append(Content.assemble(("? not measured\n", "bold $quiet"), ("\n".join([*named, *more]), "$quiet")))
    return Content("\n").join(measured)


def _block(found: Health) -> Content:
    lines = [
        Content.assemble(
            (f"{found.look.symbol} ", STYLES[found.look.tone]),
            (found.title, "bold"),
            "  ",
            (found.look.word, STYLES[found.look.tone]),
        )
    ]
    lines += [Content.assemble((f"  {text}", "$quiet")) for text in (found.detail, found.seen) if text]
    return Content("\n").join(lines)


def _one_line(found: list[Health], width: int) -> Content:
    known = [one for one in found if one.measured][:_MOST_SHOWN]
    parts = [Content.assemble((f"{one.look.symbol} {one.title}", STYLES[one.look.tone])) for one in known]
    others = sum(not one.measured for one in found)
    if others:
        parts.append(Content.assemble((f"? {others} not measured", "$quiet")))
    return Content("  ").join(parts).truncate(max(1, width), ellipsis=True)

"""Every system's health, compact."""

from __future__ import annotations

from datetime import datetime

from screens.guidance.at_risk import at_risk_column
from screens.guidance.health_summary import all_health, health_column, health_line
from screens.live.session import Session
from screens.widgets.breakpoints import WIDE
from screens.widgets.text_block import TextBlock
from screens.widgets.titled import entitle

_PADDING = 2


class HealthPanel(TextBlock):
    """A column on a wide screen, one line on a narrow one. The worst comes first; what is fine is one line together."""

    def display_health(self, session: Session, now: datetime) -> None:
        """Show what is known of every system now."""
        if session.incident is None:
            return
        found, width = all_health(session.incident, session.readings, now), self.app.size.width
        entitle(self, "Health")
        if width < WIDE:
            self.show([health_line(found, width - _PADDING)])
        else:
            self.show([*health_column(found), *at_risk_column(session.incident, session.readings)])

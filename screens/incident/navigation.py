"""Ways from the incident console to its whole screens. Each is imported when first opened: starting stays quick."""

from __future__ import annotations

from typing import TYPE_CHECKING

from screens.incident.session_part import IncidentSession

if TYPE_CHECKING:
    from screens.pages.page import FullScreen


class IncidentScreens(IncidentSession):
    """The keys that open a whole screen."""

    def _open_full(self, screen: FullScreen) -> None:
        self.app.push_screen(screen)

    def action_timeline(self) -> None:
        """Show everything that happened, in words."""
        from screens.pages.timeline import TimelineScreen

        self._open_full(TimelineScreen(self.session))

    def action_health(self) -> None:
        """Show every system's health in full."""
        from screens.pages.health import HealthScreen

        self._open_full(HealthScreen(self.session))

    def action_contacts(self) -> None:
        """Show whom to call, and who answered."""
        from screens.pages.contacts import ContactsScreen

        self._open_full(ContactsScreen(self.session))

    def action_report(self) -> None:
        """Show the report as it would be now, and what people can write into it."""
        from screens.pages.report import ReportScreen

        self._open_full(ReportScreen(self.session))

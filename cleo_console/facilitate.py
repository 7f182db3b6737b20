"""The facilitator's console as a program: one exercise, on a terminal of its own."""

from __future__ import annotations

from textual.screen import Screen

from cleo_console.app import CleoApp
from cleo_console.app_services import ConsoleServices
from screens.lazy import build


class FacilitatorApp(CleoApp):
    """Leads one exercise.

    Args:
        services: where the exercise is.
        incident_id: which one.
    """

    def __init__(self, services: ConsoleServices, incident_id: str) -> None:
        super().__init__(services, incident_id, clock=services.now)
        self._exercise_led = incident_id

    def _first_screen(self) -> Screen[None]:
        return build("facilitator", self.services, self._exercise_led)

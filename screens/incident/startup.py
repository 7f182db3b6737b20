"""How an incident is opened: what is known is shown at once, the journal is read in a thread, the runner comes last."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable

from textual.screen import Screen

from journal.errors import CleoError
from journal.store.errors import JournalBusy, JournalWriteFailed
from journal.store.reader import Reader
from screens.app_services import AppServices
from screens.guidance.attention import first_step
from screens.incident.cursor import StepCursor
from screens.incident.view import IncidentView
from screens.lazy import build
from screens.live.lifetime import is_open
from screens.widgets.header import IncidentHeader

_CLOCK_S = 1.0
_UNPAINTED_S = 0.25
"""How long to wait for a journal to be read before an empty screen is painted: mostly it takes a tenth of that."""
_FIRST_FRAME_S = 0.1
"""After which the first frame is surely painted: a runner that starts takes the processor away from it."""


class Startup:
    """Opens the journal, shows the incident, and has a runner started.

    Args:
        screen: the incident console.
        services: what the program does for its screens.
        cursor: the incident, and the step where it begins.
        view: draws the incident.
        start_runner: starts a runner if there is none.
    """

    def __init__(
        self,
        screen: Screen[None],
        services: AppServices,
        cursor: StepCursor,
        view: IncidentView,
        start_runner: Callable[[], None],
    ) -> None:
        self._screen = screen
        self._services = services
        self._cursor = cursor
        self._session = cursor.session
        self._view = view
        self._start_runner = start_runner
        self._unpainted = contextlib.ExitStack()

    def open(self) -> None:
        """Show what is known already; else open the journal in a thread, and wait a moment before showing nothing."""
        if self._session.incident:
            self.begin()
            self._session.start()
            return
        self._screen.query_one(IncidentHeader).announce(self._session.id)
        self._unpainted.enter_context(self._screen.app.batch_update())
        self._screen.set_timer(_UNPAINTED_S, self._unpainted.close)
        self._screen.run_worker(self._read())

    def close(self) -> None:
        """Let the screen that comes be painted, and end the session's threads."""
        self._unpainted.close()
        self._session.stop()

    def begin(self) -> None:
        """The journal was read: show all of it at once, and then have a runner."""
        if not is_open(self._screen):
            return
        incident = self._session.state
        self._cursor.step_id = first_step(incident)
        self._view.draw_first()
        self._unpainted.close()
        self._screen.set_interval(_CLOCK_S, self._view.draw_clock)
        if incident.closed_at is None:
            self._screen.set_timer(_FIRST_FRAME_S, self._start_runner)

    async def _read(self) -> None:
        try:
            await asyncio.to_thread(self._migrate)
        except CleoError as error:
            problem = build("problem", "This incident cannot be opened", error.message, error.hint)
            await self._screen.app.push_screen_wait(problem)
            await self._screen.run_action("incidents")
            return
        self._session.start()

    def _migrate(self) -> None:
        """Bring an older journal up to date before it is followed: what its own program writes is not seen here.

        Raises:
            CleoError: there is none, another program has it, or it can be neither written nor read.
        """
        try:
            self._services.open(self._session.id).close()
        except JournalBusy:
            raise
        except JournalWriteFailed:  # whoever writes first, mostly the runner's start, is told
            Reader(self._session.path).close()

"""One incident as line mode has it: its state, read from the journal when asked, and the commands that write to it."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from typing import TypeVar

from actions.positions import position_forms
from journal.commands.incident import IncidentCommands
from journal.commands.review import ReviewCommands
from journal.errors import CleoError
from journal.events.types import Event
from journal.incident.fold import apply_event, fold_events
from journal.incident.state import Incident
from journal.presence import Presence, Present
from journal.store.journal import Reader
from journal.store.rows import OutputLine, Reading
from screens.app_services import AppServices

T = TypeVar("T", int, Event, list[Event], list[int])
R = TypeVar("R", int, list[int])
_RUNNER_EVERY_S = 2.0


class PlainSession:
    """Reads when asked, in the thread that asks. Close it in the end.

    Args:
        services: what the program does for line mode.
        incident_id: which incident.
        notice: is called with a line on who holds the journal, while a write waits.

    Attributes:
        incident: its state, as last read.
        catalogue: the actions there are.
        here: who has the incident open, this one too.
        answered_at: when something was last answered.
        trouble: why the journal could not be read the last time; empty where it could.

    Raises:
        CleoError: there is no such incident, or it cannot be read.
    """

    def __init__(
        self, services: AppServices, incident_id: str, notice: Callable[[str], None] = lambda text: None
    ) -> None:
        self.services = services
        self._notice = notice
        self.catalogue = services.catalogue()
        with ExitStack() as opened:
            self._journal = opened.enter_context(services.open(incident_id, self._say_who_holds))
            self._reader = opened.enter_context(Reader(self._journal.path))
            self.incident = fold_events(self._reader.events())
            self._opened = opened.pop_all()
        self.trouble = ""
        self.here: Sequence[Present] = ()
        self._commands = IncidentCommands(self._journal, self._fresh, position_forms)
        self._review = ReviewCommands(self._journal, self._fresh)
        self._unread: list[Event] = []
        self.answered_at = services.now()
        me = Present(services.actor, "line mode", self.answered_at)
        folder = services.paths.incident(incident_id).folder
        self._presence = Presence(folder, me, lambda: self.answered_at, lambda here: setattr(self, "here", here))
        self._presence.arrive()
        self._own: set[int] = set()
        self._runner_asked_at = float("-inf")
        self._runner_alive = False

    def close(self) -> None:
        """Close the journal; what runs goes on."""
        self._presence.leave()
        self._opened.close()

    def news(self) -> list[Event]:
        """Bring the state up to date, and return what others have written since the last call."""
        self._catch_up()
        events, self._unread = self._unread, []
        return [event for event in events if event.seq not in self._own]

    def _catch_up(self) -> None:
        try:
            for event in self._reader.events(after=self.incident.seq):
                apply_event(self.incident, event)
                self._unread.append(event)
            self.trouble = ""
        except CleoError as error:
            self.trouble = error.message

    def _fresh(self) -> Incident:
        self._catch_up()
        return self.incident

    def write(self, call: Callable[[IncidentCommands], T]) -> T:
        """Let ``call`` give a command; returns once it is durable.

        Raises:
            CleoError: it was refused, or could not be written.
        """
        return self._written(call(self._commands))

    def review(self, call: Callable[[ReviewCommands], T]) -> T:
        """Like `write`, for calls."""
        return self._written(call(self._review))

    def _written(self, written: T) -> T:
        events = written if isinstance(written, list) else [written]
        self._own.update(event if isinstance(event, int) else event.seq for event in events)
        self._catch_up()
        return written

    def _say_who_holds(self, holder: str) -> None:
        if holder:
            self._notice(f"Waiting for the journal, held by {holder}.")

    def request(self, call: Callable[[IncidentCommands], R]) -> R:
        """Like `write`, for what a runner must answer: one is started first if there is none. Returns the run's id."""
        self.services.ensure_runner(self.incident.id)
        return self.write(call)

    def readings(self) -> dict[str, Reading]:
        """Return the latest health and progress, by name; none while the journal cannot be read."""
        try:
            return self._reader.readings()
        except CleoError as error:
            self.trouble = error.message
            return {}

    def tail(self, run: int, lines: int) -> list[OutputLine]:
        """Return a run's last lines; none while the journal cannot be read."""
        try:
            return self._reader.tail(run, lines)
        except CleoError as error:
            self.trouble = error.message
            return []

    def runner_missing(self) -> bool:
        """Return whether an open incident has no runner; looks at most every two seconds."""
        if time.monotonic() - self._runner_asked_at > _RUNNER_EVERY_S:
            self._runner_alive = self.services.runner_alive(self.incident.id)
            self._runner_asked_at = time.monotonic()
        return self.incident.closed_at is None and not self._runner_alive

    def start_runner(self) -> None:
        """Start a runner where there is none; it measures health and answers requests.

        Raises:
            CleoError: it did not start.
        """
        self.services.ensure_runner(self.incident.id)
        self._runner_asked_at = float("-inf")

"""What stands in for the simulated world in a game day: time goes as in life, systems are real."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from datetime import UTC, datetime

from actions.tabletop.clock import TableClock
from actions.tabletop.world import SimulatedWorld
from journal.exercise.script import Exercise


class RealClock(TableClock):
    """The time in life; nobody stops it. While a game day is paused, injects wait, and real time goes on."""

    def __init__(self) -> None:
        super().__init__(1.0, datetime.now(UTC))
        self._wait = threading.Event()

    def now(self) -> datetime:
        """Return the present."""
        return datetime.now(UTC)

    def set_alarm(self, at: datetime | None) -> None:
        """Do nothing: whoever gives injects looks ten times a second."""

    def wait_for_alarm(self, timeout_s: float) -> None:
        """Wait that long."""
        self._wait.wait(timeout_s)

    def pause(self, paused: bool) -> None:
        """Do nothing."""


class RealWorld(SimulatedWorld):
    """No words about systems: what an inject or a run would change in a simulated world changes nothing here."""

    def __init__(self, exercise: Exercise) -> None:
        super().__init__(exercise, RealClock())

    def become(self, makes: Mapping[str, str]) -> None:
        """Do nothing."""

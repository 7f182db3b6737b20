"""The clock of an exercise, as its runner keeps it in a file: all processes at one table read the same time.

It stands while no runner plays. While an action is played it goes as many times faster than life as the exercise's
speed says; all other time passes as it is. Events carry this time, so story, actions and objectives go by one clock.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec

from journal.structs import from_json

FILE = "clock.json"
"""Its name in the incident's folder."""


class Pace(msgspec.Struct, frozen=True, kw_only=True):
    """How the clock goes from one moment on, until the next one is written.

    Attributes:
        story: the exercise's time at that moment.
        real: the time in life at that moment.
        rate: how many times faster than life it goes; 0: it stands.
        until: the exercise's time that it does not pass before the next moment is written; None: there is none.
    """

    story: datetime
    real: datetime
    rate: float = 1.0
    until: datetime | None = None

    def at(self, real: datetime) -> datetime:
        """Return the exercise's time at a moment in life."""
        now = self.story + timedelta(seconds=max(0.0, (real - self.real).total_seconds()) * self.rate)
        return min(now, self.until) if self.until else now


class ExerciseClock:
    """Tells the time of an exercise that another process plays; without its file, the time in life.

    Args:
        folder: the incident's folder.
    """

    def __init__(self, folder: Path) -> None:
        self._file = folder / FILE

    def now(self) -> datetime:
        """Return the exercise's time, in UTC."""
        real = datetime.now(UTC)
        try:
            pace = from_json(self._file.read_bytes(), Pace)
        except (OSError, msgspec.DecodeError):
            return real
        return pace.at(real)

"""Keeps the clock of an exercise: plays the time that actions take, and stops for what is due on the way."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec

from journal.exercise.clock import FILE, Pace

_LOOK_EVERY_S = 0.25
"""Real seconds after which a wait looks whether it is still wanted."""


class TableClock:
    """The one clock of a table; thread-safe.

    While somebody waits in `sleep` it goes ``speed`` times faster than life, else as life does. It never passes the
    end of a wait or an alarm before that was taken note of: what is due comes in its order, whatever the speed.

    Args:
        speed: how many times faster than life waits go.
        start: the exercise's time at its start.
        folder: the incident's folder, where other processes read it (`journal.exercise.clock`); None: nowhere.
    """

    def __init__(self, speed: float, start: datetime, folder: Path | None = None) -> None:
        self._speed = speed
        self._file = folder / FILE if folder else None
        self._changed = threading.Condition()
        self._sleepers: list[datetime] = []
        self._alarm: datetime | None = None
        self._stands = self._paused = False
        self._rewound, self._lost_s = 0, 0.0
        self._began = start
        with self._changed:
            self._set_pace(start)

    def now(self) -> datetime:
        """Return the exercise's time, in UTC."""
        with self._changed:
            return self._now()

    def seconds(self) -> float:
        """Return how many of its seconds have passed since the table was opened, also such that were rewound."""
        with self._changed:
            return (self._now() - self._began).total_seconds() + self._lost_s

    @property
    def somebody_waits(self) -> bool:
        """Whether any action is being played."""
        with self._changed:
            return bool(self._sleepers)

    @property
    def paused(self) -> bool:
        """Whether whoever leads the exercise stopped it."""
        with self._changed:
            return self._paused

    def sleep(self, seconds: float, wanted: Callable[[], bool] = lambda: True) -> None:
        """Return once so many of its seconds have passed, it was set back, or it is no longer ``wanted``."""
        with self._changed:
            now, rewound = self._now(), self._rewound
            end = now + timedelta(seconds=seconds)
            self._sleepers.append(end)
            self._set_pace(now)
            try:
                while wanted() and rewound == self._rewound and (now := self._now()) < end:
                    self._changed.wait(min(_LOOK_EVERY_S, self._real_until_stop(now)))
            finally:
                now = self._now()
                if rewound == self._rewound:
                    self._sleepers.remove(end)
                    self._set_pace(now)

    def set_alarm(self, at: datetime | None) -> None:
        """Stop at ``at`` until the next alarm is set; None: nothing is due."""
        with self._changed:
            if at != self._alarm:
                now = self._now()
                self._alarm = at
                self._set_pace(now)

    def wait_for_alarm(self, timeout_s: float) -> None:
        """Return at the alarm, at the latest after so many real seconds; perhaps sooner, when the pace changed."""
        with self._changed:
            now = self._now()
            if self._alarm is None or now < self._alarm:
                self._changed.wait(min(timeout_s, self._real_until_stop(now)))

    def pause(self, paused: bool) -> None:
        """Stop, or go on: whoever leads the exercise wants it so. What is played meanwhile waits."""
        with self._changed:
            if paused != self._paused:
                now = self._now()
                self._paused = paused
                self._set_pace(now)

    def set_back(self, at: datetime) -> None:
        """Go on from an earlier moment: who waits in `sleep` is sent on, for what they wait for does not count."""
        with self._changed:
            now = self._now()
            self._lost_s += (now - at).total_seconds()
            self._rewound += 1
            self._sleepers.clear()
            self._alarm = None
            self._set_pace(at)

    def stand_still(self) -> None:
        """Stop: nobody plays any more."""
        with self._changed:
            now = self._now()
            self._stands = True
            self._set_pace(now)

    def _now(self) -> datetime:
        """Return the time by the pace that was set last."""
        now = self._story + timedelta(seconds=(time.monotonic() - self._monotonic) * self._rate)
        return max(self._story, min(now, self._until)) if self._until else now

    def _real_until_stop(self, now: datetime) -> float:
        """Return how many real seconds it takes until the clock stops by itself."""
        left = (self._until - now).total_seconds() if self._until else 0.0
        return left / self._rate if left > 0 and self._rate else _LOOK_EVERY_S

    def _set_pace(self, now: datetime) -> None:
        """Go on from ``now`` at the pace that waits and alarm ask for, and tell other processes so."""
        self._story, self._monotonic = now, time.monotonic()
        self._rate = 0.0 if self._stands or self._paused else self._speed if self._sleepers else 1.0
        self._until = min([*self._sleepers, *([self._alarm] if self._alarm else [])], default=None)
        self._changed.notify_all()
        if self._file:
            pace = Pace(story=self._story, real=datetime.now(UTC), rate=self._rate, until=self._until)
            new = self._file.with_suffix(".new")
            with suppress(OSError):  # the disk of the journal: its runner tells of it
                new.write_bytes(msgspec.json.encode(pace))
                new.replace(self._file)

"""A restore's progress, read from pgBackRest's own lines."""

from __future__ import annotations

import re
import time
from collections.abc import Callable

from actions.context import Progress
from journal.wording.durations import rough_minutes

_LINE = re.compile(r"restore (?:zeroed )?file .* \([\d.]+\w+, ([\d.]+)%\)")
_SETTLED = 0.02
"""Below this fraction a rate says nothing yet."""


class RestoreProgress:
    """Turns lines into progress.

    Args:
        size: bytes to restore.
        rto_left_s: seconds left of the tightest RTO when it began, or None.
        report: takes the progress.
        clock: seconds, for tests.
    """

    def __init__(
        self,
        size: int,
        rto_left_s: float | None,
        report: Callable[[Progress], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._size = size
        self._rto_left_s = rto_left_s
        self._report = report
        self._clock = clock
        self._begin = clock()

    def line(self, _stream: str, text: str) -> None:
        """Take one line of output."""
        if found := _LINE.search(text):
            self._report(self._at(float(found[1]) / 100))

    def _at(self, fraction: float) -> Progress:
        elapsed = self._clock() - self._begin
        done = fraction * self._size
        if fraction < _SETTLED or elapsed <= 0:
            return Progress(fraction=fraction, text=f"{_mb(done)} of {_mb(self._size)} MB")
        rate = done / elapsed
        eta_s = (self._size - done) / rate
        text = f"{_mb(done)} of {_mb(self._size)} MB, {rate / 1e6:.1f} MB/s{self._rto(elapsed, eta_s)}"
        return Progress(fraction=fraction, text=text, rate=rate, eta_s=eta_s)

    def _rto(self, elapsed: float, eta_s: float) -> str:
        if self._rto_left_s is None:
            return ""
        left = self._rto_left_s - elapsed
        if eta_s <= left:
            return ""
        return f"; this breaks the RTO ({rough_minutes(left)} left)" if left > 0 else "; the RTO is broken already"


def _mb(size: float) -> str:
    return f"{size / 1e6:,.0f}"

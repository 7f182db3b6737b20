"""Waits for another backup of the same system to end, where whoever asks would rather be late than have none."""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Event

from actions.backups.unattended.run import Ended

_PAUSE_S = 1.0


def once_free(attempt: Callable[[], Ended], wait_s: float, stop: Event) -> Ended:
    """Return what became of an attempt; while another backup is at work, it is made again.

    Args:
        attempt: takes the backup, unless another one is at work.
        wait_s: seconds after which the last attempt counts.
        stop: ends the waiting.
    """
    end = time.monotonic() + wait_s
    ended = attempt()
    while ended.status == "running" and time.monotonic() < end and not stop.wait(_PAUSE_S):
        ended = attempt()
    return ended
